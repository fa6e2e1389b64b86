// A code from the authorize endpoint for tokens: RFC 6749 §4.1.3, RFC 7636 §4.6, Microsoft's v2-oauth2-auth-code-flow.md.
import { createHash, timingSafeEqual } from 'node:crypto';
import { RefusedRequest, required } from '../answers.ts';
import type { AuthorizationCode, AuthorizationCodes } from '../authorize/authorization-codes.ts';
import type { Grant } from './grant.ts';
import { readProofKey } from './proof-key.ts';
import type { UserTokens } from './user-tokens.ts';

export function createAuthorizationCodeGrant(codes: AuthorizationCodes, userTokens: UserTokens): Grant {
  return (form, client) => {
    const redirectUri = required(form, 'redirect_uri');
    const code = codes.redeem(required(form, 'code'));
    if (code === 'redeemed') {
      throw invalidGrant(
        54005,
        'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
      );
    }
    if (code === undefined || code.clientId !== client.app.clientId) {
      throw invalidGrant(70000, 'Provided grant is invalid or malformed: the code is not known.');
    }
    if (code.expiresAtMs <= Date.now()) {
      throw invalidGrant(70008, 'The provided authorization code or refresh token has expired.');
    }
    if (code.redirectUri !== redirectUri) {
      const text = `The reply address '${redirectUri}' does not match the reply address '${code.redirectUri}' provided when requesting Authorization code.`;
      throw new RefusedRequest('invalid_client', 500112, text, 401);
    }
    checkVerifier(code, form.get('code_verifier'));
    return userTokens.answer(form, {
      user: code.user,
      client,
      scope: form.get('scope') ?? code.scope,
      confirmation: readProofKey(form),
      ...(code.nonce !== undefined && { nonce: code.nonce }),
    });
  };
}

function checkVerifier({ challenge }: AuthorizationCode, verifier: string | null): void {
  if (challenge === undefined && verifier === null) return;
  if (challenge !== undefined && verifier !== null) {
    const answer =
      challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
    const [given, wanted] = [Buffer.from(answer), Buffer.from(challenge.value)];
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  }
  throw invalidGrant(
    501481,
    'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  );
}

function invalidGrant(number: number, text: string): RefusedRequest {
  return new RefusedRequest('invalid_grant', number, text);
}
