// The authorize endpoint: where a browser signs a person in and is sent back to its client with a code. RFC 6749 §4.1,
// RFC 7636 §4.3, OAuth 2.0 Form Post Response Mode. What is wrong with the client itself is told on a page and goes nowhere.
import { RefusedRequest } from '../answers.ts';
import type { EntraFailure } from '../answers.ts';
import { findUser } from '../directory.ts';
import { clientInfo } from '../grants/user-tokens.ts';
import { escapeHtml, hiddenFields, page } from '../html-page.ts';
import type { PageAnswer } from '../html-page.ts';
import { readScopes } from '../resources.ts';
import type { Tenant } from '../tenant.ts';
import type { AuthorizationCode, AuthorizationCodes } from './authorization-codes.ts';
import { isRegistered } from './redirect-uris.ts';

export type AuthorizeAnswer = PageAnswer | { readonly status: 302; readonly location: string };

/** The pages' own parameters beside OAuth's: who signs in, or that nobody does. */
export const USER_PARAMETER = 'user';
export const CANCEL_PARAMETER = 'cancel';

const RESPONSE_MODES: ReadonlySet<string> = new Set(['query', 'fragment', 'form_post']);

export function authorize(
  query: URLSearchParams,
  tenant: Tenant,
  origin: string,
  codes: AuthorizationCodes,
): AuthorizeAnswer {
  const { directory, tenantId } = tenant;
  const clientId = query.get('client_id') ?? '';
  const app = directory.apps.find((candidate) => candidate.clientId === clientId);
  if (app === undefined) {
    return refusalPage(700016, `Application with identifier '${clientId}' was not found in the directory.`);
  }
  const redirectUri = query.get('redirect_uri') ?? app.redirectUris?.[0] ?? '';
  if (!isRegistered(redirectUri, app.redirectUris ?? [])) {
    const text = `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'.`;
    return refusalPage(50011, text);
  }
  const mode = query.get('response_mode') ?? 'query';
  if (!RESPONSE_MODES.has(mode)) return refusalPage(900144, `The response_mode '${mode}' is not supported.`);

  const state = query.get('state');
  const back = (values: Readonly<Record<string, string>>): AuthorizeAnswer =>
    sendBack(redirectUri, mode, { ...values, ...(state !== null && { state }) });
  try {
    const scope = query.get('scope') ?? '';
    const challenge = readChallenge(query);
    checkResponseType(query.get('response_type') ?? '');
    readScopes(scope, directory, origin, tenantId);
    if (query.has(CANCEL_PARAMETER))
      throw new RefusedRequest('access_denied', 65004, 'User declined to consent to access the app.');
    const who = query.get(USER_PARAMETER);
    if (who === null) return signInPage(query, tenant);
    const user = findUser(directory, who);
    const nonce = query.get('nonce') ?? undefined;
    const code = codes.issue({ user, clientId, redirectUri, scope, challenge, nonce });
    const info = query.get('client_info') === '1' ? { client_info: clientInfo(user, tenantId) } : {};
    return back({ code, ...info });
  } catch (error) {
    if (error instanceof RefusedRequest) return back(errorValues(error.failure));
    if (error instanceof RangeError)
      return refusalPage(50034, 'The user account does not exist in the directory.');
    throw error;
  }
}

function checkResponseType(responseType: string): void {
  if (responseType === 'code') return;
  const text = `The response_type '${responseType}' is not supported for the application.`;
  throw new RefusedRequest('unsupported_response_type', 700054, text);
}

function readChallenge(query: URLSearchParams): AuthorizationCode['challenge'] {
  const value = query.get('code_challenge');
  if (value === null) return undefined;
  const method = query.get('code_challenge_method') ?? 'plain';
  if (method !== 'S256' && method !== 'plain') {
    throw new RefusedRequest('invalid_request', 501491, 'The code_challenge_method is not supported.');
  }
  // RFC 7636 §4.1 and §4.2.
  if (!/^[\w.~-]{43,128}$/.test(value)) {
    throw new RefusedRequest('invalid_request', 50147, "The size or form of the code challenge isn't valid.");
  }
  return { method, value };
}

function errorValues({ error, number, text }: EntraFailure): Record<string, string> {
  return {
    error,
    error_description: `AADSTS${number}: ${text}`,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  };
}

function sendBack(
  redirectUri: string,
  mode: string,
  values: Readonly<Record<string, string>>,
): AuthorizeAnswer {
  if (mode === 'form_post') {
    const fields = hiddenFields(Object.entries(values));
    return page(
      200,
      `<form method="post" action="${escapeHtml(redirectUri)}">${fields}<button>Continue</button></form>`,
    );
  }
  const url = new URL(redirectUri);
  const parameters = new URLSearchParams(values);
  if (mode === 'fragment') url.hash = parameters.toString();
  else for (const [name, value] of parameters) url.searchParams.append(name, value);
  return { status: 302, location: url.href };
}

function signInPage(query: URLSearchParams, { directory }: Tenant): PageAnswer {
  const hint = query.get('login_hint');
  const people = directory.users.map(({ userPrincipalName: name }) => {
    const selected = name === hint ? ' selected' : '';
    return `<option${selected}>${escapeHtml(name)}</option>`;
  });
  return page(
    200,
    `<form>${hiddenFields(query)}
<label>Sign in as <select name="${USER_PARAMETER}">${people.join('')}</select></label>
<button>Sign in</button> <button name="${CANCEL_PARAMETER}" value="1">Cancel</button></form>`,
  );
}

function refusalPage(number: number, text: string): PageAnswer {
  return page(400, `<p>AADSTS${number}: ${escapeHtml(text)}</p>`);
}
