// Rows come back as unknown: narrowed here, once, so that a damaged file is an error with a code and not a surprise.
import type { JsonWebKey } from 'node:crypto';
import type { AgentKey, Cluster } from './cluster-store.ts';
import { StoreError } from './store-error.ts';

export interface JoinTokenRow {
  readonly clusterId: string;
  readonly expiresAtMs: number;
  /** The key that used it; null while it is unused. */
  readonly thumbprint: string | null;
}

export function clusterFrom(row: unknown): Cluster {
  return { id: text(row, 'id'), name: text(row, 'name'), createdAtMs: integer(row, 'created_at_ms') };
}

export function agentKeyFrom(row: unknown): AgentKey {
  const revokedAtMs = member(row, 'revoked_at_ms');
  return {
    clusterId: text(row, 'cluster_id'),
    thumbprint: text(row, 'thumbprint'),
    publicKey: publicKeyFrom(text(row, 'public_jwk')),
    registeredAtMs: integer(row, 'registered_at_ms'),
    ...(revokedAtMs === null ? {} : { revokedAtMs: integer(row, 'revoked_at_ms') }),
  };
}

export function joinTokenFrom(row: unknown): JoinTokenRow {
  return {
    clusterId: text(row, 'cluster_id'),
    expiresAtMs: integer(row, 'expires_at_ms'),
    thumbprint: member(row, 'thumbprint') === null ? null : text(row, 'thumbprint'),
  };
}

export function countFrom(row: unknown): number {
  return integer(row, 'count');
}

const KEY_MEMBERS = ['kty', 'crv', 'x', 'y'] as const;

/** The public members as JSON, in a fixed order; whatever else came along (`d`, `kid`) is left out. */
export function publicKeyText(key: JsonWebKey): string {
  const members = KEY_MEMBERS.filter((name) => typeof key[name] === 'string').map((name) => [
    name,
    key[name],
  ]);
  return JSON.stringify(Object.fromEntries(members));
}

function publicKeyFrom(json: string): JsonWebKey {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new StoreError('CC_ERR_STORE_ROW_INVALID', 'a stored public key cannot be read', { cause: error });
  }
  const key: JsonWebKey = { kty: text(parsed, 'kty'), crv: text(parsed, 'crv'), x: text(parsed, 'x') };
  return member(parsed, 'y') === undefined ? key : { ...key, y: text(parsed, 'y') };
}

function text(row: unknown, name: string): string {
  const value = member(row, name);
  if (typeof value !== 'string') throw invalid(name);
  return value;
}

function integer(row: unknown, name: string): number {
  const value = member(row, name);
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw invalid(name);
  return value;
}

function member(row: unknown, name: string): unknown {
  if (typeof row !== 'object' || row === null) throw invalid(name);
  return Object.getOwnPropertyDescriptor(row, name)?.value;
}

function invalid(name: string): StoreError {
  return new StoreError('CC_ERR_STORE_ROW_INVALID', `a stored row is damaged at ${name}`);
}
