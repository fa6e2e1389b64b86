// The endpoints of version 1, which kubelogin uses with --legacy: a `resource` in place of scopes, and numbers as texts.
// Source: Microsoft's v1-protocols-oauth-service-to-service.md; go-autorest's adal.
import { required } from '../answers.ts';
import type { JsonAnswer } from '../answers.ts';

/** What version 2 calls the same. @throws RefusedRequest where no resource is named */
export function fromVersionOne(form: URLSearchParams): URLSearchParams {
  const later = new URLSearchParams(form);
  // `spn:` before an application's id stands for the application.
  const resource = required(form, 'resource').replace(/^spn:/, '').replace(/\/$/, '');
  const forUsers = form.get('grant_type') === 'client_credentials' ? '' : ' openid offline_access';
  later.set('scope', `${resource}/.default${forUsers}`);
  return later;
}

export function toVersionOne({ status, body, ...rest }: JsonAnswer, form: URLSearchParams): JsonAnswer {
  if (status !== 200 || typeof body !== 'object' || body === null) return { ...rest, status, body };
  const members: Readonly<Record<string, unknown>> = { ...body };
  const texts = Object.entries(members).map(([name, value]) => [
    name === 'verification_uri' ? 'verification_url' : name,
    typeof value === 'number' ? `${value}` : value,
  ]);
  if (!('access_token' in members)) return { ...rest, status, body: Object.fromEntries(texts) };
  const now = Math.floor(Date.now() / 1000);
  const { token_type, expires_in, ext_expires_in, access_token, refresh_token, id_token } = members;
  return {
    ...rest,
    status,
    body: {
      token_type,
      ...('scope' in members && { scope: permissionOf(members['scope']) }),
      expires_in: String(expires_in),
      ext_expires_in: String(ext_expires_in),
      expires_on: `${now + Number(expires_in)}`,
      not_before: `${now}`,
      resource: form.get('resource'),
      access_token,
      ...(refresh_token !== undefined && { refresh_token }),
      ...(id_token !== undefined && { id_token }),
    },
  };
}

/** Without the API's name before it. */
function permissionOf(scope: unknown): string {
  const [first = ''] = String(scope).split(' ');
  return first.slice(first.lastIndexOf('/') + 1);
}
