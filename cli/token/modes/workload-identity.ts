// Signs in a workload with a token of its own platform, which Entra has been told to take for the application's
// (workload identity federation): a Kubernetes pod's projected token, or that of a GitHub job.
import { readAssertion, workloadProof } from '../application-proof.ts';
import { signInApplication } from '../confidential-client.ts';
import { askForAssertion } from '../federated-assertion.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

const EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE, CC_ERR_CLI_FILE_UNREADABLE */
export async function signInWorkload(request: SignInRequest): Promise<AccessToken> {
  const proof = workloadProof(request);
  return signInApplication(request, async (network) => {
    if ('assertionFile' in proof) return { clientAssertion: readAssertion(proof.assertionFile) };
    const clientAssertion = await askForAssertion(network, {
      whom: 'GitHub (ACTIONS_ID_TOKEN_REQUEST_URL)',
      method: 'GET',
      url: proof.gitHub.url,
      query: { audience: EXCHANGE_AUDIENCE },
      bearer: proof.gitHub.bearer,
      member: 'value',
      advice: 'Give the job the permission id-token: write',
    });
    return { clientAssertion };
  });
}
