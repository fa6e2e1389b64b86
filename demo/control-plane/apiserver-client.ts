// The administrator's way to the apiserver: JSON over one client certificate, enough to prepare a cluster.
import { Agent, request } from 'node:https';
import type { KeyedCertificate } from './certificates.ts';
import { ControlPlaneError } from './errors.ts';
import { ADMIN_ANSWER_BYTES, ADMIN_REQUEST_TIMEOUT_MS } from './limits.ts';

export interface ApiserverAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiserverClient {
  /** Any answer of the apiserver is an answer here. @throws ControlPlaneError when there is none. */
  send(method: string, path: string, body?: unknown): Promise<ApiserverAnswer>;
  /** Creates an object under its collection's path. @throws ControlPlaneError unless the answer is 2xx. */
  create(collectionPath: string, object: unknown): Promise<unknown>;
  close(): void;
}

export interface ApiserverAddress {
  /** e.g. `https://127.0.0.1:34567` */
  readonly server: string;
  readonly caPem: string;
  readonly admin: KeyedCertificate;
}

export function createApiserverClient(address: ApiserverAddress): ApiserverClient {
  const { hostname, port } = new URL(address.server);
  const agent = new Agent({
    keepAlive: true,
    ca: address.caPem,
    cert: address.admin.certificatePem,
    key: address.admin.privateKeyPem,
  });

  const send = async (method: string, path: string, body?: unknown): Promise<ApiserverAnswer> => {
    const answer = await exchange(method, path, body === undefined ? undefined : JSON.stringify(body));
    return { status: answer.status, body: parseBody(answer.text) };
  };

  const exchange = (method: string, path: string, text: string | undefined) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const fail = (cause: unknown): void =>
        reject(
          new ControlPlaneError('CC_ERR_CONTROL_PLANE_ADMIN', `${method} ${path} got no answer`, { cause }),
        );
      const headers =
        text === undefined
          ? { accept: 'application/json' }
          : {
              accept: 'application/json',
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(text),
            };
      const outgoing = request({ agent, hostname, port, method, path, headers });
      outgoing.setTimeout(ADMIN_REQUEST_TIMEOUT_MS, () => outgoing.destroy(new Error('timed out')));
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > ADMIN_ANSWER_BYTES) incoming.destroy(new Error('the answer is too large'));
        });
        incoming.on('error', fail);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      outgoing.end(text);
    });

  return {
    send,
    create: async (collectionPath, object) => {
      const { status, body } = await send('POST', collectionPath, object);
      if (status >= 200 && status < 300) return body;
      throw new ControlPlaneError(
        'CC_ERR_CONTROL_PLANE_ADMIN',
        `POST ${collectionPath} was answered with ${status}: ${statusMessage(body)}`,
      );
    },
    close: () => agent.destroy(),
  };
}

/** `/readyz` and its like answer plain text; everything else is JSON. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function statusMessage(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return 'no message';
}
