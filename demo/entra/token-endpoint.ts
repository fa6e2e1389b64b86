// The token and device-code endpoints: forms in, JSON out, errors in Entra's words (AADSTS numbers from Microsoft's
// reference-error-codes.md), so that clients behave as they would with Entra.
import { randomBytes, randomUUID } from 'node:crypto';
import { DEVICE_CODE_LIFE_SECONDS, createDeviceCodes } from './device-codes.ts';
import type { DeviceCodes } from './device-codes.ts';
import { findUser } from './directory.ts';
import type { DirectoryApp, DirectoryUser } from './directory.ts';
import type { Tenant } from './tenant.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface TokenEndpoint {
  readonly deviceCodes: DeviceCodes;
  token(form: URLSearchParams): JsonAnswer;
  deviceCode(form: URLSearchParams): JsonAnswer;
}

export interface TokenEndpointOptions {
  readonly tenant: Tenant;
  readonly origin: string;
  readonly ttlSeconds: number;
  readonly pollIntervalSeconds: number;
}

interface RefreshGrant {
  readonly user: DirectoryUser;
  readonly app: DirectoryApp;
  readonly scope: string;
}

const MAX_REFRESH_TOKENS = 100;
const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);
const DEVICE_GRANTS: ReadonlySet<string> = new Set([
  'urn:ietf:params:oauth:grant-type:device_code',
  'device_code',
]);

export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { tenant, origin, ttlSeconds, pollIntervalSeconds } = options;
  const { directory } = tenant;
  const deviceCodes = createDeviceCodes();
  const refreshGrants = new Map<string, RefreshGrant>();

  /** Which API is asked for: all resource scopes of one request belong to one API, and the tenant has only one. */
  function isForApi(scope: string): boolean {
    const { clientId, appIdUri } = directory.api;
    const resources = scope.split(' ').filter((name) => name !== '' && !OPENID_SCOPES.has(name));
    const known = (name: string): boolean =>
      name.startsWith(`${clientId}/`) || name.startsWith(`${appIdUri}/`);
    return resources.length > 0 && resources.every(known);
  }

  function clientCredentials(form: URLSearchParams, app: DirectoryApp): JsonAnswer {
    const secret = form.get('client_secret');
    if (app.secret === undefined || secret !== app.secret) {
      return failure('invalid_client', 7000215, 'Invalid client secret provided.', 401);
    }
    const scope = form.get('scope') ?? '';
    if (!scope.endsWith('/.default')) {
      return failure(
        'invalid_scope',
        1002012,
        'The scope of a client credentials request must end in /.default.',
      );
    }
    if (!isForApi(scope)) return unknownResource();
    return { status: 200, body: bearer(tenant.issueToken({ app, ttlSeconds })) };
  }

  function userTokens(user: DirectoryUser, app: DirectoryApp, scope: string): JsonAnswer {
    const access = tenant.issueToken({ user, client: app.clientId, ttlSeconds });
    for (const oldest of refreshGrants.keys()) {
      if (refreshGrants.size < MAX_REFRESH_TOKENS) break;
      refreshGrants.delete(oldest);
    }
    const refreshToken = `1.${randomBytes(64).toString('base64url')}`;
    refreshGrants.set(refreshToken, { user, app, scope });
    const clientInfo = JSON.stringify({ uid: user.objectId, utid: tenant.tenantId });
    return {
      status: 200,
      body: {
        ...bearer(access),
        scope: `${directory.api.appIdUri}/${directory.api.scope}`,
        refresh_token: refreshToken,
        id_token: tenant.issueIdToken(user, app.clientId),
        client_info: Buffer.from(clientInfo).toString('base64url'),
      },
    };
  }

  function deviceGrant(form: URLSearchParams, app: DirectoryApp): JsonAnswer {
    const deviceCode = form.get('device_code') ?? form.get('code') ?? '';
    const signIn = deviceCodes.find(deviceCode);
    if (signIn === undefined || signIn.clientId !== app.clientId) {
      return failure('bad_verification_code', 501181, 'The device code is not known.');
    }
    if (signIn.expiresAtMs <= Date.now()) {
      deviceCodes.remove(deviceCode);
      return failure('expired_token', 70020, 'The device code has expired.');
    }
    if (signIn.approvedBy === undefined) {
      return failure(
        'authorization_pending',
        70016,
        'OAuth 2.0 device flow error. Authorization is pending.',
      );
    }
    deviceCodes.remove(deviceCode);
    return userTokens(findUser(directory, signIn.approvedBy), app, signIn.scope);
  }

  function refreshGrant(form: URLSearchParams, app: DirectoryApp): JsonAnswer {
    const grant = refreshGrants.get(form.get('refresh_token') ?? '');
    if (grant === undefined || grant.app.clientId !== app.clientId) {
      return failure('invalid_grant', 70000, 'The refresh token is not known.');
    }
    const scope = form.get('scope') ?? grant.scope;
    return isForApi(scope) ? userTokens(grant.user, app, scope) : unknownResource();
  }

  function clientOf(form: URLSearchParams): DirectoryApp | undefined {
    return directory.apps.find(({ clientId }) => clientId === form.get('client_id'));
  }

  return {
    deviceCodes,
    token(form) {
      const app = clientOf(form);
      if (app === undefined) return unknownClient();
      const grantType = form.get('grant_type') ?? '';
      if (grantType === 'client_credentials') return clientCredentials(form, app);
      if (grantType === 'refresh_token') return refreshGrant(form, app);
      if (DEVICE_GRANTS.has(grantType)) return deviceGrant(form, app);
      return failure('unsupported_grant_type', 70003, 'The stand-in does not know this grant type.');
    },
    deviceCode(form) {
      const app = clientOf(form);
      if (app === undefined) return unknownClient();
      const scope = form.get('scope') ?? '';
      if (!isForApi(scope)) return unknownResource();
      const { deviceCode, signIn } = deviceCodes.start(app.clientId, scope);
      const url = `${origin}/devicelogin`;
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
    },
  };

  function bearer(accessToken: string): Record<string, unknown> {
    return {
      token_type: 'Bearer',
      expires_in: ttlSeconds,
      ext_expires_in: ttlSeconds,
      access_token: accessToken,
    };
  }
}

function unknownClient(): JsonAnswer {
  return failure('unauthorized_client', 700016, 'The application was not found in the directory.');
}

function unknownResource(): JsonAnswer {
  return failure('invalid_resource', 500011, 'The resource principal was not found in the tenant.');
}

function failure(error: string, number: number, text: string, status = 400): JsonAnswer {
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text}`,
      error_codes: [number],
      timestamp: new Date().toISOString().replace('T', ' '),
      trace_id: randomUUID(),
      correlation_id: randomUUID(),
    },
  };
}
