// The token and device-code endpoints of a tenant: forms in, JSON out, errors in Entra's words, so that clients behave as
// they would with Entra. Each grant is a file of grants/.
import { RefusedRequest, answerOrFailure, required } from './answers.ts';
import type { JsonAnswer } from './answers.ts';
import { createAuthorizationCodes } from './authorize/authorization-codes.ts';
import type { AuthorizationCodes } from './authorize/authorization-codes.ts';
import { createClientAuthentication } from './clients/authenticate-client.ts';
import type { TrustedIssuer } from './clients/federated-assertion.ts';
import { createDeviceCodes } from './device-codes.ts';
import type { DeviceCodes } from './device-codes.ts';
import { createAuthorizationCodeGrant } from './grants/authorization-code.ts';
import { createClientCredentials } from './grants/client-credentials.ts';
import { createDeviceCodeGrant, startDeviceSignIn } from './grants/device-code.ts';
import type { Grant } from './grants/grant.ts';
import { createRefreshTokenGrant } from './grants/refresh-token.ts';
import { createUserTokens } from './grants/user-tokens.ts';
import { fromVersionOne, toVersionOne } from './grants/version-one.ts';
import type { Tenant } from './tenant.ts';

export interface TokenEndpoint {
  readonly deviceCodes: DeviceCodes;
  readonly authorizationCodes: AuthorizationCodes;
  token(form: URLSearchParams, call?: EndpointCall): JsonAnswer;
  deviceCode(form: URLSearchParams, call?: EndpointCall): JsonAnswer;
}

export interface EndpointCall {
  /** The client's own, which an error repeats. */
  readonly correlationId?: string | undefined;
  /** Of the endpoint, 2 by default. */
  readonly version?: 1 | 2;
}

export interface TokenEndpointOptions {
  readonly tenant: Tenant;
  readonly origin: string;
  readonly ttlSeconds: number;
  readonly pollIntervalSeconds: number;
  /** Whose tokens a federated credential may name; none by default. */
  readonly issuers?: readonly TrustedIssuer[];
  readonly assertionsOnce?: boolean;
}

export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { issuers = [], pollIntervalSeconds } = options;
  const deviceCodes = createDeviceCodes();
  const authorizationCodes = createAuthorizationCodes();
  const clients = createClientAuthentication({ ...options, issuers });
  const userTokens = createUserTokens(options);
  const deviceCodeGrant = createDeviceCodeGrant(options, deviceCodes, userTokens);
  const grants: ReadonlyMap<string, Grant> = new Map([
    ['client_credentials', createClientCredentials(options)],
    ['authorization_code', createAuthorizationCodeGrant(authorizationCodes, userTokens)],
    ['refresh_token', createRefreshTokenGrant(userTokens)],
    ['urn:ietf:params:oauth:grant-type:device_code', deviceCodeGrant],
    ['device_code', deviceCodeGrant],
  ]);

  function token(form: URLSearchParams): JsonAnswer {
    const client = clients.find(form);
    const grantType = required(form, 'grant_type');
    const grant = grants.get(grantType);
    if (grant !== undefined) return grant(form, clients.authenticate(form));
    throw new RefusedRequest(
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grantType}' (application '${client.clientId}').`,
    );
  }

  function startDevice(form: URLSearchParams): JsonAnswer {
    const app = clients.find(form);
    return startDeviceSignIn(options, deviceCodes, app, form.get('scope') ?? '', pollIntervalSeconds);
  }

  const inVersion =
    (answer: (form: URLSearchParams) => JsonAnswer) =>
    (form: URLSearchParams, { correlationId, version = 2 }: EndpointCall = {}): JsonAnswer =>
      answerOrFailure(
        () => (version === 2 ? answer(form) : toVersionOne(answer(fromVersionOne(form)), form)),
        correlationId,
      );

  return { deviceCodes, authorizationCodes, token: inVersion(token), deviceCode: inVersion(startDevice) };
}
