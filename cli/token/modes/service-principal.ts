// Signs in a service principal with its secret or its certificate.
import { CliError } from '../../cli-error.ts';
import { firstSet } from '../azure-variables.ts';
import { signInApplication } from '../confidential-client.ts';
import type { Credential } from '../confidential-client.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE, CC_ERR_CLI_FILE_UNREADABLE */
export async function signInServicePrincipal(request: SignInRequest): Promise<AccessToken> {
  return signInApplication(request, () => credential(request));
}

// A certificate comes before a secret, as with kubelogin: whoever has both has moved on from the secret.
async function credential(request: SignInRequest): Promise<Credential> {
  const { environment, variableNames } = request;
  const file = request.clientCertificate ?? firstSet(environment, variableNames.certificatePath);
  if (file !== undefined) {
    const { readClientCertificate } = await import('../certificate/read-certificate.ts');
    const password = firstSet(environment, variableNames.certificatePassword);
    return { clientCertificate: await readClientCertificate(file, password) };
  }
  const secret = firstSet(environment, variableNames.clientSecret);
  if (secret !== undefined) return { clientSecret: secret };
  throw new CliError(
    'CC_ERR_CLI_SIGN_IN_FAILED',
    'there is no client secret and no client certificate',
    `Set ${variableNames.clientSecret[0] ?? ''} or ${variableNames.certificatePath[0] ?? ''} in the environment`,
  );
}
