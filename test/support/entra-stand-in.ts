// What tests take from a running Entra stand-in: the settings of a gateway or an agent that trusts it, and its users.
import type { EntraSettings } from '../../auth/index.ts';
import type { DirectoryUser, EntraStandIn } from '../../demo/entra/index.ts';

/** Of a service in the same process; `clockSkewSeconds` is 0, so that a token expires when it says. */
export function entraSettingsOf(entra: EntraStandIn): EntraSettings {
  return {
    authorityHost: entra.authorityHost,
    authorityCa: entra.caPem,
    tenants: [entra.tenantId],
    audiences: entra.audiences,
    usernameClaim: 'oid',
    groupsOverage: 'fail',
    clockSkewSeconds: 0,
  };
}

/** @throws RangeError when the directory has nobody of this name */
export function userOf({ directory }: EntraStandIn, name: string): DirectoryUser {
  const found = directory.users.find(({ userPrincipalName }) => userPrincipalName.startsWith(`${name}@`));
  if (found === undefined) throw new RangeError(`no user ${name}`);
  return found;
}
