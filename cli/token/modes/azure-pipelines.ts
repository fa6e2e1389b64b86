// Signs in a job of Azure Pipelines as the application of a service connection: the job's own token is exchanged for one
// of the connection, and that for Entra's. As azidentity's AzurePipelinesCredential does it.
import { pipelineProof } from '../application-proof.ts';
import { signInApplication } from '../confidential-client.ts';
import { askForAssertion } from '../federated-assertion.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** Of "Oidctoken - Create" in Azure DevOps' REST API. */
const API_VERSION = '7.1';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function signInPipelineJob(request: SignInRequest): Promise<AccessToken> {
  const { url, accessToken, connection } = pipelineProof(request);
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
