// What a job of Azure Pipelines has to be somebody: a job access token, and an endpoint that exchanges it for the token of
// one service connection. Source: azidentity's AzurePipelinesCredential, Microsoft's "Oidctoken - Create".
import { randomBytes } from 'node:crypto';
import type { JsonAnswer } from '../answers.ts';
import type { FederatedCredential } from '../directory.ts';
import { EXCHANGE_AUDIENCE, createFederatedIssuer } from './federated-issuer.ts';
import type { FederatedIssuer } from './federated-issuer.ts';
import type { RouteRequest } from '../routes.ts';

export interface PipelinesJob {
  /** SYSTEM_OIDCREQUESTURI. */
  readonly oidcRequestUri: string;
  /** SYSTEM_ACCESSTOKEN. */
  readonly accessToken: string;
  /** AZURESUBSCRIPTION_SERVICE_CONNECTION_ID. */
  readonly serviceConnectionId: string;
  /** AZURESUBSCRIPTION_CLIENT_ID. */
  readonly clientId: string;
}

export interface PipelinesDouble {
  readonly issuer: FederatedIssuer;
  readonly job: PipelinesJob;
  /** undefined for a path that is not its own */
  answer(request: RouteRequest): JsonAnswer | undefined;
}

const ORGANIZATION_ID = '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5d01';
const PROJECT_ID = '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5d02';
const PLAN_ID = '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5d03';
const JOB_ID = '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5d04';
const CONNECTION_ID = '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5d05';
const OIDC_PATH = `/contoso/${PROJECT_ID}/_apis/distributedtask/hubs/build/plans/${PLAN_ID}/jobs/${JOB_ID}/oidctoken`;
const ISSUER_PATH = `/vstoken/${ORGANIZATION_ID}`;
const SUBJECT = 'sc://contoso/shop/clusters';

/** What an application is given so that the jobs of that service connection are it. */
export const PIPELINES_CREDENTIAL: FederatedCredential = {
  issuer: ISSUER_PATH,
  subject: SUBJECT,
  audience: EXCHANGE_AUDIENCE,
};

/** @param clientId of the application that the service connection names */
export function createPipelines(origin: string, clientId: string): PipelinesDouble {
  const issuer = createFederatedIssuer(origin, ISSUER_PATH);
  const accessToken = randomBytes(48).toString('base64url');
  return {
    issuer,
    job: {
      oidcRequestUri: `${origin}${OIDC_PATH}`,
      accessToken,
      serviceConnectionId: CONNECTION_ID,
      clientId,
    },
    answer({ method, headers, url: { pathname, searchParams } }) {
      if (pathname !== OIDC_PATH) return undefined;
      if (method !== 'POST') return refused(405, 'The requested resource does not support this method.');
      if (headers.authorization !== `Bearer ${accessToken}`) {
        return refused(401, 'TF400813: The user is not authorized to access this resource.');
      }
      if (searchParams.get('api-version') === null) {
        return refused(400, 'VssVersionNotSpecifiedException: no api-version was supplied for this request.');
      }
      if (searchParams.get('serviceConnectionId') !== CONNECTION_ID) {
        return refused(404, 'The service connection could not be found.');
      }
      return { status: 200, body: { oidcToken: issuer.issue({ subject: SUBJECT }) } };
    },
  };
}

function refused(status: number, message: string): JsonAnswer {
  return { status, body: { $id: '1', innerException: null, message, errorCode: 0, eventId: 3000 } };
}
