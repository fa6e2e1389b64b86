// What the double's tests share: requests over its own certificate, and the claims of a token that it gave.
import { Agent, request } from 'undici';
import type { EntraStandIn } from '../../../demo/entra/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Of a JSON answer. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface EntraClient {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A form. */
  post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export function createEntraClient({ authorityHost, caPem }: EntraStandIn): EntraClient {
  const dispatcher = new Agent({ connect: { ca: caPem } });
  const send = async (
    path: string,
    options: { method: 'GET' | 'POST'; headers?: Readonly<Record<string, string>>; body?: string },
  ): Promise<Answer> => {
    const url = new URL(path, authorityHost);
    const { statusCode, headers, body } = await request(url, { dispatcher, ...options });
    const text = await body.text();
    const isJson = String(headers['content-type']).startsWith('application/json');
    return { status: statusCode, headers, text, body: isJson ? JSON.parse(text) : {} };
  };
  return {
    get: (path, headers = {}) => send(path, { method: 'GET', headers }),
    post: (path, form, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(form).toString(),
      }),
    // Some tests leave requests that are never answered.
    close: () => dispatcher.destroy(),
  };
}

export function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString('utf8'));
}
