// Turns what MSAL and the network throw into what happened and what to do. Never the answer's whole text: Entra puts
// names of people into it. AADSTS codes: learn.microsoft.com/entra/identity-platform/reference-error-codes
import { errorCode } from '../../observe/index.ts';
import { CliError } from '../cli-error.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';
import { isTokenText } from './token-cache.ts';

/** Who was asked, for people. */
export interface SignInPlace {
  readonly name: string;
  readonly unreachableAdvice: string;
  /** For a refusal about which nothing better is known. */
  readonly refusedAdvice: string;
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['AADSTS7000215', 'Check the client secret: put its value, not its id, into AZURE_CLIENT_SECRET'],
  ['AADSTS700027', 'Check the client certificate: it is not (or no longer) one of the application'],
  ['AADSTS7000222', 'The client secret has expired: make a new one and put it into AZURE_CLIENT_SECRET'],
  ['AADSTS700016', 'Check --client-id and --tenant: the application is not in this tenant'],
  ['AADSTS90002', 'Check --tenant: there is no such tenant'],
  ['AADSTS900023', 'Check --tenant: there is no such tenant'],
  ['AADSTS500011', 'Check --server-id: the API is not known in this tenant'],
  ['AADSTS65001', 'An administrator must consent to this application for the API'],
  ['AADSTS7000218', 'Turn on "Allow public client flows" in the application registration'],
  [
    'AADSTS70021',
    'Check the federated credential of the application: issuer, subject and audience must be equal',
  ],
  ['AADSTS700211', 'Check the federated credential of the application: none has this issuer'],
  ['AADSTS700212', 'Check the federated credential of the application: its audience is another one'],
  ['AADSTS700213', 'Check the federated credential of the application: its subject is another one'],
  [
    'AADSTS700024',
    'The federated token has expired: let the platform project a new one, and check the clocks',
  ],
  ['AADSTS50011', 'Register http://localhost as a redirect address (mobile and desktop) of the application'],
  ['AADSTS50076', 'Sign in again: a second factor is needed now'],
  ['AADSTS50079', 'Sign in again: a second factor has to be set up first'],
  ['AADSTS50105', 'An administrator must assign you to the application'],
  ['AADSTS53003', 'A conditional access policy forbids this sign-in: ask your administrator'],
  ['invalid_client', 'Check --client-id and the client secret in AZURE_CLIENT_SECRET'],
  [
    'unauthorized_client',
    'Check --client-id and --tenant, and that the application allows this way to sign in',
  ],
  [
    'endpoints_resolution_error',
    'Check --authority-host and --tenant: there is no metadata of Microsoft Entra',
  ],
  ['openid_config_error', 'Check --authority-host and --tenant: there is no metadata of Microsoft Entra'],
  ['invalid_scope', 'Check --server-id or --scope'],
  ['invalid_grant', 'Sign in again'],
  ['authorization_declined', 'Run the command again and accept the sign-in'],
  ['access_denied', 'Run the command again and accept the sign-in'],
  ['expired_token', 'Run the command again and enter the code in time'],
  ['code_expired', 'Run the command again and enter the code in time'],
  ['device_code_expired', 'Run the command again and enter the code in time'],
  ['user_timeout_reached', 'Run the command again and enter the code in time'],
]);

/** kubectl could do nothing with a token that ends sooner. */
const MIN_LIFE_MS = 5_000;

const OWN_CA_CODES: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

/** Always throws. */
export function throwSignInError(
  error: unknown,
  request: Pick<SignInRequest, 'authorityHost'>,
  place: SignInPlace = authority(request),
): never {
  if (error instanceof CliError) throw error;
  const code = networkErrorCode(error);
  if (code !== undefined) throw unreachable(code, place, error);
  const text = error instanceof Error ? error.message : '';
  const aadsts = /\bAADSTS\d{4,9}\b/.exec(text)?.[0];
  const oauth = oauthCode(error);
  const advice = ADVICE.get(aadsts ?? '') ?? ADVICE.get(oauth) ?? place.refusedAdvice;
  throw new CliError(
    'CC_ERR_CLI_SIGN_IN_FAILED',
    `the sign-in at ${place.name} failed (${aadsts ?? oauth})`,
    advice,
    { cause: error },
  );
}

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED for an answer without a token that can be used */
export function checkedToken(
  result: { readonly accessToken: string; readonly expiresOn: Date | null } | null,
  request: Pick<SignInRequest, 'authorityHost'>,
  place: SignInPlace = authority(request),
): AccessToken {
  const expiresAtMs = result?.expiresOn?.getTime();
  // MSAL hands on whatever the answer had as access_token, and takes one without an end for one that ends now.
  const token: unknown = result?.accessToken;
  if (
    typeof token !== 'string' ||
    !isTokenText(token) ||
    expiresAtMs === undefined ||
    !(expiresAtMs > Date.now() + MIN_LIFE_MS)
  ) {
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_FAILED',
      `${place.name} gave no usable access token`,
      place.refusedAdvice,
    );
  }
  return { token, expiresAtMs };
}

function authority({ authorityHost }: Pick<SignInRequest, 'authorityHost'>): SignInPlace {
  return {
    name: authorityHost,
    unreachableAdvice: 'Check the network, HTTPS_PROXY and NO_PROXY, and --authority-host',
    refusedAdvice: 'Check --tenant, --client-id and --server-id',
  };
}

function unreachable(code: string, place: SignInPlace, cause: unknown): CliError {
  const advice = OWN_CA_CODES.has(code)
    ? 'If the network inspects TLS, give its CA with --authority-ca FILE (or NODE_EXTRA_CA_CERTS)'
    : place.unreachableAdvice;
  return new CliError(
    'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
    `${place.name} could not be asked for a token (${code})`,
    advice,
    { cause },
  );
}

/** MSAL wraps what its network module threw; the codes of Node and undici are in capitals. */
export function networkErrorCode(error: unknown): string | undefined {
  // The total time is over: AbortSignal.timeout's own error, whose code is a number.
  if (error instanceof Error && error.name === 'TimeoutError') return 'ETIMEDOUT';
  let current = error;
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    const code = errorCode(current);
    if (/^[A-Z][A-Z0-9_]{3,}$/.test(code)) return code;
    current = 'cause' in current ? current.cause : 'error' in current ? current.error : undefined;
  }
  return undefined;
}

function oauthCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('errorCode' in error)) return errorCode(error);
  const { errorCode: oauth } = error;
  return typeof oauth === 'string' && /^[\w.-]{1,60}$/.test(oauth) ? oauth : 'unknown';
}
