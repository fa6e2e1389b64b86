// A running stand-in and the few calls that its tests make: plain HTTPS, every header line as it is given.
import { Agent, request } from 'undici';
import { startDemoApiserver } from '../../../demo/apiserver/index.ts';
import type { AuditRecord, DemoApiserver, DemoApiserverOptions } from '../../../demo/apiserver/index.ts';
import { at, isJson, isObject, listAt, textAt } from '../../../demo/apiserver/json.ts';
import type { Json } from '../../../demo/apiserver/json.ts';

export interface CallOptions {
  /** The administrator's where it is not given; null sends none. */
  readonly token?: string | null;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Flat name/value list. */
  readonly headers?: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Json;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Json;
}

export interface TestServer {
  readonly server: DemoApiserver;
  readonly records: AuditRecord[];
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    options?: CallOptions,
  ): Promise<Answer>;
  /** Events of a watch, as they come; leave the loop to end it. */
  watch(path: string, options?: CallOptions): AsyncGenerator<WatchEvent>;
  /** The object once it satisfies `holds`, seen by a watch of its name. */
  until(path: string, name: string, holds: (object: Json, type: string) => boolean): Promise<Json>;
  close(): Promise<void>;
}

/** Starts a stand-in whose pods start at once and whose logs are quick. */
export async function startTestServer(
  options: DemoApiserverOptions = {},
  allowH2 = false,
): Promise<TestServer> {
  const records: AuditRecord[] = [];
  const server = await startDemoApiserver({
    podDelayMs: 5,
    logIntervalMs: 5,
    onRequest: (record) => {
      records.push(record);
      if (records.length > 1000) records.shift();
    },
    ...options,
  });
  const agent = new Agent({ allowH2, connect: { ca: server.caPem }, connections: 32 });

  function send(method: string, path: string, { token, body, contentType, headers = [] }: CallOptions) {
    const authorization = token === null ? [] : ['authorization', `Bearer ${token ?? server.adminToken}`];
    const payload =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const type = payload === undefined ? [] : ['content-type', contentType ?? 'application/json'];
    return request(`${server.url}${path}`, {
      method,
      dispatcher: agent,
      headers: [...authorization, ...type, ...headers],
      ...(payload === undefined ? {} : { body: payload }),
    });
  }

  async function* watch(path: string, options: CallOptions = {}): AsyncGenerator<WatchEvent> {
    const answer = await send('GET', path, options);
    let pending = '';
    for await (const chunk of answer.body) {
      pending += String(chunk);
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const event = parse(line);
        yield { type: textAt(event, 'type'), object: at(event, 'object') ?? null };
      }
    }
  }

  return {
    server,
    records,
    async call(method, path, options = {}) {
      const answer = await send(method, path, options);
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, text, json: parse(text) };
    },
    watch,
    async until(path, name, holds) {
      for await (const { type, object } of watch(`${path}?watch=1&fieldSelector=metadata.name%3D${name}`)) {
        if (holds(object, type)) return object;
      }
      throw new Error(`the watch of ${name} ended`);
    },
    async close() {
      await server.close();
      await agent.destroy();
    },
  };
}

function parse(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isJson(value) ? value : null;
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

export function pod(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'busybox', env: [{ name: 'GREETING', value: 'hello' }] }] },
  };
}

export function names(list: Json): string[] {
  return listAt(list, 'items').map((item) => textAt(item, 'metadata', 'name'));
}

export function isRunning(object: Json): boolean {
  return isObject(object) && textAt(object, 'status', 'phase') === 'Running';
}

export const CORE = '/api/v1/namespaces/default';
export const APPS = '/apis/apps/v1/namespaces/default';
export const RBAC = '/apis/rbac.authorization.k8s.io/v1';
