// An authority and a Graph behind one TLS port, which answer as a test tells them: for what the demo's double is too
// well-behaved to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GraphLimits, GroupLookup } from '../../../auth/graph/index.ts';
import { createGroupLookup } from '../../../auth/graph/index.ts';
import { errorCode } from '../../../observe/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { MemoryLog } from '../../support/memory-log.ts';
import { testAuthority, testIdentity } from '../../support/test-authority.ts';

export const TENANT = '11111111-aaaa-4bbb-8ccc-222222222222';
export const CLIENT = '33333333-aaaa-4bbb-8ccc-444444444444';
/** A word that must be in no log line. */
export const CANARY = 'canary-of-the-application';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface GraphDouble {
  readonly origin: string;
  /** Method and path with query of every request, oldest first. */
  readonly requests: readonly string[];
  readonly log: MemoryLog;
  /** How Graph answers from now on. */
  graph(answer: Answer): void;
  /** How the token endpoint answers from now on; undefined: with a token of its own each time. */
  token(answer: Answer | undefined): void;
  lookup(limits?: Partial<GraphLimits>): GroupLookup;
  close(): Promise<void>;
}

export const USER = {
  tenantId: TENANT,
  objectId: '55555555-aaaa-4bbb-8ccc-666666666666',
  kind: 'user' as const,
};

export async function startGraphDouble(): Promise<GraphDouble> {
  const { certificatePem, privateKeyPem } = testIdentity();
  const directory = mkdtempSync(join(tmpdir(), 'graph-double-'));
  const clientSecretFile = join(directory, 'secret');
  writeFileSync(clientSecretFile, `${CANARY}-secret\n`);
  const requests: string[] = [];
  const lookups: GroupLookup[] = [];
  const log = memoryLog();
  let issued = 0;
  let graph: Answer = (_request, response) => void response.writeHead(500).end();
  const newToken: Answer = (_request, response) => {
    issued += 1;
    answerJson(response, 200, {
      token_type: 'Bearer',
      expires_in: 3600,
      access_token: `${CANARY}-token-${issued}`,
    });
  };
  let token = newToken;
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('error', () => undefined);
    request.on('end', () => {
      const isToken = request.url?.endsWith('/oauth2/v2.0/token') === true;
      (isToken ? token : graph)(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const origin = `https://127.0.0.1:${address.port}`;
  return {
    origin,
    requests,
    log,
    graph: (answer) => {
      graph = answer;
    },
    token: (answer) => {
      token = answer ?? newToken;
    },
    lookup: (limits = {}) => {
      const lookup = createGroupLookup(
        { clientId: CLIENT, clientSecretFile, origin },
        {
          authorityHost: origin,
          authorityCa: testAuthority().certificatePem,
          logger: log.logger,
          random: () => 0,
          limits,
        },
      );
      lookups.push(lookup);
      return lookup;
    },
    close: async () => {
      for (const lookup of lookups) await lookup.close();
      rmSync(directory, { recursive: true });
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function group(number: number): { '@odata.type': string; id: string; securityEnabled: boolean } {
  return { '@odata.type': '#microsoft.graph.group', id: groupId(number), securityEnabled: true };
}

export function groupId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** The code of what a promise is rejected with. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `resolved to ${JSON.stringify(value)}`,
    (error: unknown) => errorCode(error),
  );
}
