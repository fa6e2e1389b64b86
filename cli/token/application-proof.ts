// What an application proves itself with, from flags and the environment. Looked for before the cache is read, so that a
// kept token goes to nobody who has not got the proof: it must stay cheap, and know nothing of MSAL.
import { statSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { firstSet } from './azure-variables.ts';
import { isAssertion } from './federated-assertion.ts';
import type { SignInRequest } from './sign-in-request.ts';

export type ProofRequest = Pick<
  SignInRequest,
  'environment' | 'variableNames' | 'clientCertificate' | 'federatedTokenFile' | 'serviceConnectionId'
>;

export type ServicePrincipalProof =
  { readonly secret: string } | { readonly certificateFile: string; readonly password: string | undefined };

/**
 * A certificate comes before a secret, as with kubelogin: whoever has both has moved on from the secret.
 * @throws CliError CC_ERR_CLI_SIGN_IN_FAILED when there is neither
 */
export function servicePrincipalProof(request: ProofRequest): ServicePrincipalProof {
  const { environment, variableNames } = request;
  const certificateFile = request.clientCertificate ?? firstSet(environment, variableNames.certificatePath);
  if (certificateFile !== undefined) {
    return { certificateFile, password: firstSet(environment, variableNames.certificatePassword) };
  }
  const secret = firstSet(environment, variableNames.clientSecret);
  if (secret !== undefined) return { secret };
  throw missing(
    'there is no client secret and no client certificate',
    `Set ${variableNames.clientSecret[0] ?? ''} or ${variableNames.certificatePath[0] ?? ''} in the environment`,
  );
}

export type WorkloadProof =
  { readonly assertionFile: string } | { readonly gitHub: { readonly url: string; readonly bearer: string } };

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED when there is neither */
export function workloadProof({ environment, federatedTokenFile }: ProofRequest): WorkloadProof {
  const url = firstSet(environment, ['ACTIONS_ID_TOKEN_REQUEST_URL']);
  const bearer = firstSet(environment, ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']);
  // A file that was named by a flag was meant; else GitHub comes first, as with kubelogin.
  if (federatedTokenFile === undefined && url !== undefined && bearer !== undefined) {
    return { gitHub: { url, bearer } };
  }
  const assertionFile = federatedTokenFile ?? firstSet(environment, ['AZURE_FEDERATED_TOKEN_FILE']);
  if (assertionFile !== undefined) return { assertionFile };
  throw missing(
    'there is no federated token',
    'Set AZURE_FEDERATED_TOKEN_FILE, or in a GitHub workflow give the job the permission id-token: write',
  );
}

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_FILE_UNREADABLE */
export function requireWorkloadProof(request: ProofRequest): void {
  const proof = workloadProof(request);
  if ('assertionFile' in proof && !isPipe(proof.assertionFile)) readAssertion(proof.assertionFile);
}

/** What can be read only once is left to the sign-in. */
export function isPipe(path: string): boolean {
  try {
    return statSync(path).isFIFO();
  } catch {
    return false;
  }
}

/**
 * Read at each sign-in: the platform replaces it, every hour or so.
 * @throws CliError CC_ERR_CLI_FILE_UNREADABLE
 */
export function readAssertion(file: string): string {
  const found = readBoundedFile(file, FILE_LIMITS.secret);
  const text = 'text' in found ? found.text.trim() : undefined;
  if (text !== undefined && isAssertion(text)) return text;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `the federated token file ${file} ${'fault' in found ? describeFault(found) : 'holds no token'}`,
    'Check AZURE_FEDERATED_TOKEN_FILE and that the platform projects a token there',
  );
}

export interface PipelineProof {
  readonly url: string;
  readonly accessToken: string;
  readonly connection: string;
}

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED */
export function pipelineProof(request: ProofRequest): PipelineProof {
  const url = firstSet(request.environment, ['SYSTEM_OIDCREQUESTURI']);
  const accessToken = firstSet(request.environment, ['SYSTEM_ACCESSTOKEN']);
  const connection = serviceConnection(request);
  if (url === undefined) {
    throw missing(
      'SYSTEM_OIDCREQUESTURI is not set',
      'Run this in a job of Azure Pipelines, or use another --login',
    );
  }
  if (accessToken === undefined) {
    throw missing(
      'SYSTEM_ACCESSTOKEN is not set',
      'Map it in the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)',
    );
  }
  if (connection === undefined) {
    throw missing(
      'the service connection is not known',
      'Give --azure-pipelines-service-connection-id, or run this in a task that sets AZURESUBSCRIPTION_SERVICE_CONNECTION_ID (AzureCLI@2)',
    );
  }
  return { url, accessToken, connection };
}

/** The one that the token is of, wherever it was named. */
export function serviceConnection(
  request: Pick<ProofRequest, 'serviceConnectionId' | 'environment'>,
): string | undefined {
  return (
    request.serviceConnectionId ?? firstSet(request.environment, ['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID'])
  );
}

function missing(message: string, advice: string): CliError {
  return new CliError('CC_ERR_CLI_SIGN_IN_FAILED', message, advice);
}
