// A cluster's key, and the tokens of ServiceAccounts that it signs.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readServiceAccountKeys } from '../../auth/index.ts';
import type { ServiceAccountKeys } from '../../auth/index.ts';

/** kubeadm's and kind's default. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface ClusterKey {
  readonly kid: string;
  readonly algorithm: 'RS256' | 'ES256';
  readonly privateKey: KeyObject;
  /** The JWK set that its apiserver publishes. */
  readonly document: string;
  readonly keys: ServiceAccountKeys;
}

export function clusterKey(kid: string, algorithm: ClusterKey['algorithm'] = 'RS256'): ClusterKey {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const document = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid }] });
  const keys = readServiceAccountKeys(document);
  if (typeof keys === 'string') throw new TypeError(keys);
  return { kid, algorithm, privateKey, document, keys };
}

/** As the apiserver writes it: no `typ`. */
export function serviceAccountToken(
  key: ClusterKey,
  changes: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: [ISSUER],
    exp: now + 3600,
    iat: now,
    iss: ISSUER,
    jti: 'b7f6c2d0-6c1f-4f0e-9f3b-0d9f0a9b7c11',
    'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deployer', uid: 'u' } },
    nbf: now,
    sub: 'system:serviceaccount:ci:deployer',
    ...changes,
  };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: key.algorithm, kid: key.kid, ...header })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
