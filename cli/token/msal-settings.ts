// What both ways to sign in tell MSAL alike: whom to ask, and not to trust or ask anybody else.
import type { Configuration } from '@azure/msal-node';
import type { AuthorityNetwork } from './authority-network.ts';
import type { SignInRequest } from './sign-in-request.ts';

export function msalSettings(request: SignInRequest, network: AuthorityNetwork): Configuration {
  return {
    auth: {
      clientId: request.clientId,
      authority: `${request.authorityHost}/${request.tenant}`,
      // Taken as it was given: without this MSAL asks login.microsoftonline.com whether the host is genuine, which
      // fails for sovereign, private and test authorities, and costs a request for all.
      knownAuthorities: [new URL(request.authorityHost).host],
    },
    // Silent: MSAL's lines hold ids of people. What went wrong comes as an error.
    system: {
      networkClient: network,
      loggerOptions: { piiLoggingEnabled: false, loggerCallback: () => undefined },
    },
  };
}
