// Turns what MSAL and the network throw into what happened and what to do. Never the answer's whole text: Entra puts
// names of people into it. AADSTS codes: learn.microsoft.com/entra/identity-platform/reference-error-codes
import { errorCode } from '../../observe/index.ts';
import { CliError } from '../cli-error.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';
import { isTokenText } from './token-cache.ts';

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['AADSTS7000215', 'Check the client secret: put its value, not its id, into AZURE_CLIENT_SECRET'],
  ['AADSTS7000222', 'The client secret has expired: make a new one and put it into AZURE_CLIENT_SECRET'],
  ['AADSTS700016', 'Check --client-id and --tenant: the application is not in this tenant'],
  ['AADSTS90002', 'Check --tenant: there is no such tenant'],
  ['AADSTS900023', 'Check --tenant: there is no such tenant'],
  ['AADSTS500011', 'Check --server-id: the API is not known in this tenant'],
  ['AADSTS65001', 'An administrator must consent to this application for the API'],
  ['AADSTS7000218', 'Turn on "Allow public client flows" in the application registration'],
  ['AADSTS50105', 'An administrator must assign you to the application'],
  ['AADSTS53003', 'A conditional access policy forbids this sign-in: ask your administrator'],
  ['invalid_client', 'Check --client-id and the client secret in AZURE_CLIENT_SECRET'],
  [
    'unauthorized_client',
    'Check --client-id and --tenant, and that the application allows this way to sign in',
  ],
  ['invalid_scope', 'Check --server-id or --scope'],
  ['invalid_grant', 'Sign in again'],
  ['authorization_declined', 'Run the command again and accept the sign-in'],
  ['access_denied', 'Run the command again and accept the sign-in'],
  ['expired_token', 'Run the command again and enter the code in time'],
  ['code_expired', 'Run the command again and enter the code in time'],
  ['device_code_expired', 'Run the command again and enter the code in time'],
  ['user_timeout_reached', 'Run the command again and enter the code in time'],
]);

const OWN_CA_CODES: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

/** Always throws. */
export function throwSignInError(error: unknown, request: SignInRequest): never {
  if (error instanceof CliError) throw error;
  const code = networkCode(error);
  if (code !== undefined) throw unreachable(code, request, error);
  const text = error instanceof Error ? error.message : '';
  const aadsts = /\bAADSTS\d{4,9}\b/.exec(text)?.[0];
  const oauth = oauthCode(error);
  const advice =
    ADVICE.get(aadsts ?? '') ?? ADVICE.get(oauth) ?? 'Check --tenant, --client-id and --server-id';
  throw new CliError(
    'CC_ERR_CLI_SIGN_IN_FAILED',
    `the sign-in at ${request.authorityHost} failed (${aadsts ?? oauth})`,
    advice,
    { cause: error },
  );
}

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED for an answer without a usable token */
export function checkedToken(
  result: { readonly accessToken: string; readonly expiresOn: Date | null } | null,
  request: SignInRequest,
): AccessToken {
  const expiresAtMs = result?.expiresOn?.getTime();
  if (
    result === null ||
    expiresAtMs === undefined ||
    !(expiresAtMs > 0) ||
    !isTokenText(result.accessToken)
  ) {
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_FAILED',
      `${request.authorityHost} gave no usable access token`,
      'Check --authority-host, and --server-id or --scope',
    );
  }
  return { token: result.accessToken, expiresAtMs };
}

function unreachable(code: string, request: SignInRequest, cause: unknown): CliError {
  const advice = OWN_CA_CODES.has(code)
    ? 'If the network inspects TLS, give its CA with --authority-ca FILE (or NODE_EXTRA_CA_CERTS)'
    : 'Check the network, HTTPS_PROXY and NO_PROXY, and --authority-host';
  return new CliError(
    'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
    `${request.authorityHost} could not be asked for a token (${code})`,
    advice,
    { cause },
  );
}

// MSAL wraps what its network module threw; the codes of Node and undici are in capitals.
function networkCode(error: unknown): string | undefined {
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
