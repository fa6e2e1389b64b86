// What the tests of the management API share: a store on disk, an API over it, and agents that can join.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJoinProof } from '../../../auth/index.ts';
import { createManagementApi } from '../../../gateway/api/index.ts';
import type { ManagementAnswer, ManagementApi, ManagementRequest } from '../../../gateway/api/index.ts';
import type { ManagementLimits } from '../../../gateway/api/index.ts';
import { openStore } from '../../../gateway/store/index.ts';
import type { ClusterStore } from '../../../gateway/store/index.ts';
import type { LogFields, Logger } from '../../../observe/index.ts';

export const PUBLIC_URL = 'https://relay.example.com';
export const HOUR_MS = 3_600_000;

export interface JoinFixture {
  readonly store: ClusterStore;
  readonly api: ManagementApi;
  /** Every line that was logged, before redaction. */
  readonly lines: string[];
  /** Another API over another handle of the same file. */
  second(): { api: ManagementApi; store: ClusterStore };
  dispose(): Promise<void>;
}

export function createJoinFixture(limits: Partial<ManagementLimits> = {}): JoinFixture {
  const dir = mkdtempSync(join(tmpdir(), 'cc-api-'));
  const file = join(dir, 'gateway.db');
  const lines: string[] = [];
  const opened: ClusterStore[] = [];
  const open = (): { api: ManagementApi; store: ClusterStore } => {
    const store = openStore(file);
    opened.push(store);
    return {
      store,
      api: createManagementApi({ store, publicUrl: PUBLIC_URL, logger: recorder(lines), limits }),
    };
  };
  return {
    ...open(),
    lines,
    second: open,
    async dispose() {
      await Promise.all(opened.map(async (store) => store.close()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface Agent {
  readonly privateKey: KeyObject;
  readonly publicKey: JsonWebKey;
}

export function createAgent(kind: 'ec' | 'ed25519' = 'ed25519'): Agent {
  const { privateKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { privateKey, publicKey: createPublicKey(privateKey).export({ format: 'jwk' }) };
}

/** A good join body of this agent, but for `changes`. */
export async function joinBody(agent: Agent, joinToken: string, changes: object = {}): Promise<string> {
  const proof = await createJoinProof({ privateKey: agent.privateKey, joinToken, audience: PUBLIC_URL });
  return JSON.stringify({ joinToken, publicKey: agent.publicKey, proof, ...changes });
}

export function joinRequest(
  body: string | Buffer,
  changes: Partial<ManagementRequest> = {},
): ManagementRequest {
  return {
    method: 'POST',
    path: '/api/v1/join',
    headers: ['Content-Type', 'application/json'],
    body: Buffer.from(body),
    remoteAddress: '192.0.2.1',
    requestId: 'request-1',
    ...changes,
  };
}

export function bodyOf(answer: ManagementAnswer): unknown {
  return JSON.parse(answer.body.toString());
}

export function headerOf(answer: ManagementAnswer, name: string): string | undefined {
  const index = answer.headers.findIndex((text, at) => at % 2 === 0 && text === name);
  return index === -1 ? undefined : answer.headers[index + 1];
}

function recorder(lines: string[]): Logger {
  const write = (event: string, fields: LogFields = {}): void => {
    const plain = Object.entries(fields).map(([name, value]) => `${name}=${describe(value)}`);
    lines.push([event, ...plain].join(' '));
  };
  return { debug: write, info: write, warn: write, error: write, child: () => recorder(lines) };
}

function describe(value: unknown): string {
  return value instanceof Error ? JSON.stringify(value, Object.getOwnPropertyNames(value)) : String(value);
}
