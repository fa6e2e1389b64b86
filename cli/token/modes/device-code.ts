// Signs in a person with a code that they enter in a browser on any device (RFC 8628).
import type { PublicClientApplication } from '@azure/msal-node';
import { CliError } from '../../cli-error.ts';
import { signInPerson } from '../kept-account.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** As long as Entra's codes live. */
const WAIT_SECONDS = 900;
/** With the last question, and its answer. */
const LONGEST_MS = 925_000;
/** How often it is asked whether the code was entered: as the authority says, within these. */
const DEFAULT_INTERVAL_SECONDS = 5;
const MAX_INTERVAL_SECONDS = 20;

type Client = Pick<PublicClientApplication, 'acquireTokenByDeviceCode'>;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function signInWithDeviceCode(request: SignInRequest): Promise<AccessToken> {
  return signInPerson(request, (client) => askForCode(client, request));
}

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED when it takes longer than `longestMs` */
export async function askForCode(
  client: Client,
  request: Pick<SignInRequest, 'scope' | 'prompt'>,
  longestMs = LONGEST_MS,
): ReturnType<Client['acquireTokenByDeviceCode']> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(nobodyCame()), longestMs);
  try {
    const signIn = client.acquireTokenByDeviceCode({
      scopes: [request.scope],
      timeout: WAIT_SECONDS,
      deviceCodeCallback: (code) => {
        // MSAL sleeps for as long as is written here, and looks at its time only between two sleeps.
        code.interval = bounded(code.interval);
        request.prompt(`To sign in, open ${code.verificationUri} and enter the code ${code.userCode}`);
      },
    });
    return await Promise.race([signIn, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

// What a server sent: it may be no number, or none at all.
function bounded(interval: unknown): number {
  const seconds = typeof interval === 'number' && interval >= 1 ? interval : DEFAULT_INTERVAL_SECONDS;
  return Math.min(seconds, MAX_INTERVAL_SECONDS);
}

function nobodyCame(): CliError {
  return new CliError(
    'CC_ERR_CLI_SIGN_IN_FAILED',
    'the code was not entered in time',
    'Run the command again and enter the code in time',
  );
}
