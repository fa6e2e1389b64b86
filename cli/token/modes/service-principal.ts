// Signs in a service principal with its secret or its certificate.
import { servicePrincipalProof } from '../application-proof.ts';
import { signInApplication } from '../confidential-client.ts';
import type { Credential } from '../confidential-client.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE, CC_ERR_CLI_FILE_UNREADABLE */
export async function signInServicePrincipal(request: SignInRequest): Promise<AccessToken> {
  return signInApplication(request, () => credential(request));
}

async function credential(request: SignInRequest): Promise<Credential> {
  const proof = servicePrincipalProof(request);
  if ('secret' in proof) return { clientSecret: proof.secret };
  const { readClientCertificate } = await import('../certificate/read-certificate.ts');
  return { clientCertificate: await readClientCertificate(proof.certificateFile, proof.password) };
}
