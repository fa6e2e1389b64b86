// Whose token it is: two calls share a kept token only if all of this is the same for both. Cheap, since every kubectl asks.
import { createHash, randomUUID } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { FILE_LIMITS, readBoundedBytes, readBoundedFile } from '../files/read-bounded.ts';
import { isPipe, serviceConnection, servicePrincipalProof } from './application-proof.ts';
import type { Environment } from './azure-variables.ts';
import { firstSet } from './azure-variables.ts';
import type { SignInRequest } from './sign-in-request.ts';

export type IdentityRequest = Omit<SignInRequest, 'accountFile' | 'authorityCa' | 'prompt'>;

export function tokenIdentity(mode: string, request: IdentityRequest): readonly string[] {
  return [
    mode,
    request.authorityHost,
    request.tenant.toLowerCase(),
    request.clientId.toLowerCase(),
    request.scope,
    request.boundTo?.thumbprint ?? '',
    ...(OWN_PARTS.get(mode)?.(request) ?? []),
  ];
}

const OWN_PARTS: ReadonlyMap<string, (request: IdentityRequest) => string[]> = new Map([
  ['devicecode', hintedPerson],
  ['interactive', hintedPerson],
  ['spn', (request) => [proofDigest(request)]],
  ['azurepipelines', (request) => [serviceConnection(request) ?? '']],
  // A home directory may be shared between machines, each with an identity of its own.
  [
    'msi',
    ({ identityResourceId, environment }) => [
      hostname(),
      firstSet(environment, ['IDENTITY_ENDPOINT', 'MSI_ENDPOINT', 'AZURE_POD_IDENTITY_AUTHORITY_HOST']) ?? '',
      identityResourceId ?? '',
    ],
  ],
  ['azurecli', ({ subscription, environment }) => [subscription ?? '', azureCliProfile(environment)]],
]);

function hintedPerson({ loginHint }: IdentityRequest): string[] {
  return loginHint === undefined ? [] : [loginHint.toLowerCase()];
}

// A token goes to nobody but whoever has the secret, or the certificate and its password, that it was given for.
function proofDigest(request: IdentityRequest): string {
  const proof = servicePrincipalProof(request);
  if ('secret' in proof) return sha256(JSON.stringify(['secret', proof.secret]));
  const { certificateFile, password = '' } = proof;
  // What cannot be read, or only once, is left to the sign-in: its token is found by no other call.
  if (isPipe(certificateFile)) return randomUUID();
  const found = readBoundedBytes(certificateFile, FILE_LIMITS.secret);
  if (!('bytes' in found)) return randomUUID();
  return sha256(JSON.stringify(['certificate', sha256(found.bytes), password]));
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

// az writes this file at each login, logout and change of account: with another account a kept token is not taken.
function azureCliProfile(environment: Environment): string {
  const directory = firstSet(environment, ['AZURE_CONFIG_DIR']) ?? join(homedir(), '.azure');
  const profile = readBoundedFile(join(directory, 'azureProfile.json'), FILE_LIMITS.settings);
  return 'text' in profile ? sha256(profile.text) : profile.fault;
}
