// Signs in a job of Azure Pipelines as the application of a service connection: the job's own token is exchanged for one
// of the connection, and that for Entra's. As azidentity's AzurePipelinesCredential does it.
import { CliError } from '../../cli-error.ts';
import { firstSet } from '../azure-variables.ts';
import { signInApplication } from '../confidential-client.ts';
import { askForAssertion } from '../federated-assertion.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** Of "Oidctoken - Create" in Azure DevOps' REST API. */
const API_VERSION = '7.1';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function signInPipelineJob(request: SignInRequest): Promise<AccessToken> {
  const { environment } = request;
  const url = firstSet(environment, ['SYSTEM_OIDCREQUESTURI']);
  const accessToken = firstSet(environment, ['SYSTEM_ACCESSTOKEN']);
  const connection =
    request.serviceConnectionId ?? firstSet(environment, ['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID']);
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
  return signInApplication(request, async (network) => ({
    clientAssertion: await askForAssertion(network, {
      whom: 'Azure Pipelines (SYSTEM_OIDCREQUESTURI)',
      method: 'POST',
      url,
      query: { 'api-version': API_VERSION, serviceConnectionId: connection },
      bearer: accessToken,
      member: 'oidcToken',
      advice:
        'Check the id of the service connection, that it uses workload identity federation, and that this pipeline may use it',
    }),
  }));
}

function missing(message: string, advice: string): CliError {
  return new CliError('CC_ERR_CLI_SIGN_IN_FAILED', message, advice);
}
