// Signs in a workload with a token of its own platform, which Entra has been told to take for the application's
// (workload identity federation): a Kubernetes pod's projected token, or that of a GitHub job.
import { CliError } from '../../cli-error.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../../files/read-bounded.ts';
import { firstSet } from '../azure-variables.ts';
import { signInApplication } from '../confidential-client.ts';
import { askForAssertion, isAssertion } from '../federated-assertion.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

const EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE, CC_ERR_CLI_FILE_UNREADABLE */
export async function signInWorkload(request: SignInRequest): Promise<AccessToken> {
  const { environment, federatedTokenFile } = request;
  const url = firstSet(environment, ['ACTIONS_ID_TOKEN_REQUEST_URL']);
  const requestToken = firstSet(environment, ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']);
  return signInApplication(request, async (network) => {
    // A file that was named by a flag was meant; else GitHub comes first, as with kubelogin.
    if (federatedTokenFile === undefined && url !== undefined && requestToken !== undefined) {
      const clientAssertion = await askForAssertion(network, {
        whom: 'GitHub (ACTIONS_ID_TOKEN_REQUEST_URL)',
        method: 'GET',
        url,
        query: { audience: EXCHANGE_AUDIENCE },
        bearer: requestToken,
        member: 'value',
        advice: 'Give the job the permission id-token: write',
      });
      return { clientAssertion };
    }
    const file = federatedTokenFile ?? firstSet(environment, ['AZURE_FEDERATED_TOKEN_FILE']);
    if (file !== undefined) return { clientAssertion: readAssertion(file) };
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_FAILED',
      'there is no federated token',
      'Set AZURE_FEDERATED_TOKEN_FILE, or in a GitHub workflow give the job the permission id-token: write',
    );
  });
}

// Read at each sign-in: the platform replaces it, every hour or so.
function readAssertion(file: string): string {
  const found = readBoundedFile(file, FILE_LIMITS.secret);
  const text = 'text' in found ? found.text.trim() : undefined;
  if (text !== undefined && isAssertion(text)) return text;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `the federated token file ${file} ${'fault' in found ? describeFault(found) : 'holds no token'}`,
    'Check AZURE_FEDERATED_TOKEN_FILE and that the platform projects a token there',
  );
}
