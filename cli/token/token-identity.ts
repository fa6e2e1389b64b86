// Whose token it is: two calls share a kept token only if all of this is the same for both. Cheap, since every kubectl asks.
import { createHash } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { FILE_LIMITS, readBoundedFile } from '../files/read-bounded.ts';
import type { Environment } from './azure-variables.ts';
import { firstSet } from './azure-variables.ts';
import type { SignInRequest } from './sign-in-request.ts';

export type IdentityRequest = Omit<SignInRequest, 'accountFile' | 'authorityCa' | 'prompt'>;

export function tokenIdentity(mode: string, request: IdentityRequest): readonly string[] {
  return [
    mode,
    request.authorityHost,
    request.tenant.toLowerCase(),
    request.clientId.toLowerCase(),
    request.scope,
    request.boundTo?.thumbprint ?? '',
    ...(OWN_PARTS.get(mode)?.(request) ?? []),
  ];
}

const OWN_PARTS: ReadonlyMap<string, (request: IdentityRequest) => string[]> = new Map([
  ['azurepipelines', ({ serviceConnectionId }) => [serviceConnectionId ?? '']],
  // A home directory may be shared between machines, each with an identity of its own.
  [
    'msi',
    ({ identityResourceId, environment }) => [
      hostname(),
      firstSet(environment, ['IDENTITY_ENDPOINT', 'MSI_ENDPOINT', 'AZURE_POD_IDENTITY_AUTHORITY_HOST']) ?? '',
      identityResourceId ?? '',
    ],
  ],
  ['azurecli', ({ subscription, environment }) => [subscription ?? '', azureCliProfile(environment)]],
]);

// az writes this file at each login, logout and change of account: with another account a kept token is not taken.
function azureCliProfile(environment: Environment): string {
  const directory = firstSet(environment, ['AZURE_CONFIG_DIR']) ?? join(homedir(), '.azure');
  const profile = readBoundedFile(join(directory, 'azureProfile.json'), FILE_LIMITS.settings);
  return 'text' in profile ? createHash('sha256').update(profile.text).digest('hex') : profile.fault;
}
