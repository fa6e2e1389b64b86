// One request to the gateway over a connection of its own: HTTP/2 or HTTP/1.1, whichever kubectl would speak there.
import { Client } from 'undici';
import { ANY_PROTOCOL, connectSecurely } from './dial.ts';
import type { Way } from './dial.ts';
import { readStatus } from './status.ts';
import type { Status } from './status.ts';

export interface Question {
  readonly method?: 'GET' | 'POST';
  /** Below the route's prefix. */
  readonly path: string;
  readonly token?: string;
  /** JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly code: number;
  /** A header's value; empty when there is none. */
  header(name: string): string;
  readonly text: string;
  /** The Kubernetes Status in the body, if it is one. */
  readonly status: Status | undefined;
}

/** An answer with more bytes than are read. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/** @throws what the connection throws; AnswerTooLargeError; a DOMException of name TimeoutError */
export async function ask(way: Way, question: Question): Promise<Answer> {
  const { route, limits } = way;
  const client = new Client(route.server.origin, {
    connect: (_options, done) => {
      connectSecurely(way, ANY_PROTOCOL).then(
        (socket) => done(null, socket),
        (error: unknown) => done(error instanceof Error ? error : new Error('no connection'), null),
      );
    },
    allowH2: true,
    headersTimeout: limits.ANSWER_TIMEOUT_MS,
    bodyTimeout: limits.ANSWER_TIMEOUT_MS,
  });
  try {
    const { token } = question;
    const answer = await client.request({
      method: question.method ?? 'GET',
      path: `${route.pathPrefix}${question.path}`,
      headers: [
        'accept',
        'application/json',
        'user-agent',
        'cluster-connect-troubleshoot',
        ...(token === undefined ? [] : ['authorization', `Bearer ${token}`, ...route.actAs]),
        ...(question.body === undefined ? [] : ['content-type', 'application/json']),
      ],
      body: question.body === undefined ? null : JSON.stringify(question.body),
      signal: AbortSignal.timeout(limits.ANSWER_TIMEOUT_MS),
    });
    const text = await readUpTo(answer.body, limits.MAX_ANSWER_BYTES);
    return {
      code: answer.statusCode,
      header: (name) => [answer.headers[name] ?? ''].flat().join(', '),
      text,
      status: readStatus(text),
    };
  } finally {
    await client.destroy();
  }
}

async function readUpTo(body: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new AnswerTooLargeError('the answer is larger than it should be');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
