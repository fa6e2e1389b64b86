// A sign-in on another device, from both ends of its client: RFC 8628 §3.1 and §3.4, Microsoft's v2-oauth2-device-code.md.
import { RefusedRequest, required } from '../answers.ts';
import type { JsonAnswer } from '../answers.ts';
import { DEVICE_CODE_LIFE_SECONDS } from '../device-codes.ts';
import type { DeviceCodes } from '../device-codes.ts';
import { findUser } from '../directory.ts';
import type { DirectoryApp } from '../directory.ts';
import { scopesOf } from './grant.ts';
import type { Grant, GrantContext } from './grant.ts';
import { readProofKey } from './proof-key.ts';
import type { UserTokens } from './user-tokens.ts';

export function createDeviceCodeGrant(
  { tenant }: GrantContext,
  deviceCodes: DeviceCodes,
  userTokens: UserTokens,
): Grant {
  return (form, client) => {
    const deviceCode = form.get('device_code') ?? required(form, 'code');
    const signIn = deviceCodes.find(deviceCode);
    if (signIn === undefined || signIn.clientId !== client.app.clientId) {
      throw new RefusedRequest('bad_verification_code', 501181, 'The device code is not known.');
    }
    if (signIn.expiresAtMs <= Date.now()) {
      deviceCodes.remove(deviceCode);
      throw new RefusedRequest(
        'expired_token',
        70020,
        'The provided value for the input parameter device_code is not valid: it has expired.',
      );
    }
    if (signIn.isDeclined) {
      deviceCodes.remove(deviceCode);
      throw new RefusedRequest('authorization_declined', 70018, 'The user declined the sign-in.');
    }
    if (signIn.approvedBy === undefined) {
      throw new RefusedRequest(
        'authorization_pending',
        70016,
        'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
      );
    }
    deviceCodes.remove(deviceCode);
    return userTokens.answer(form, {
      user: findUser(tenant.directory, signIn.approvedBy),
      client,
      scope: signIn.scope,
      confirmation: readProofKey(form),
    });
  };
}

/** The answer of the device authorization endpoint. @throws RefusedRequest */
export function startDeviceSignIn(
  context: GrantContext,
  deviceCodes: DeviceCodes,
  app: DirectoryApp,
  scope: string,
  pollIntervalSeconds: number,
): JsonAnswer {
  scopesOf(context, scope);
  const { deviceCode, signIn } = deviceCodes.start(app.clientId, scope);
  const url = `${context.origin}/devicelogin`;
  return {
    status: 200,
    body: {
      user_code: signIn.userCode,
      device_code: deviceCode,
      verification_uri: url,
      expires_in: DEVICE_CODE_LIFE_SECONDS,
      interval: pollIntervalSeconds,
      message: `To sign in, use a web browser to open the page ${url} and enter the code ${signIn.userCode} to authenticate.`,
    },
  };
}
