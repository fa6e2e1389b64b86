// The upgrade to an exec session. Refusals are whole HTTP answers with a Status, never a cut line: kubectl falls back
// from WebSocket to SPDY only after a complete answer (facts: kubernetes-wire §2).
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { answerHeaders } from '../exchange.ts';
import { encodeObject, listAt, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { MAX_EXEC_MESSAGE_BYTES, MAX_EXEC_SESSIONS } from '../limits.ts';
import { isTrue } from '../request-info.ts';
import { badRequest, tooManyRequests } from '../status-error.ts';
import type { StatusError } from '../status-error.ts';
import { EXEC_PROTOCOLS, runExecSession } from './exec-session.ts';
import type { ExecRequest } from './exec-session.ts';
import { chooseContainer } from './logs.ts';

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export interface PodExec {
  /** Runs the session. @throws StatusError 400, 429 before anything was answered */
  start(upgrade: Upgrade, pod: JsonObject, query: URLSearchParams): void;
  close(): void;
}

export function createPodExec(): PodExec {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_EXEC_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => EXEC_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  return {
    start(upgrade, pod, query) {
      const { request, socket, head } = upgrade;
      requireWebSocket(request);
      if (server.clients.size >= MAX_EXEC_SESSIONS) {
        throw tooManyRequests(`the stand-in runs at most ${MAX_EXEC_SESSIONS} exec sessions`);
      }
      const execution = readRequest(pod, query);
      server.handleUpgrade(request, socket, head, (webSocket) => void runExecSession(webSocket, execution));
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

function requireWebSocket(request: IncomingMessage): void {
  const wanted = (request.headers.upgrade ?? '').toLowerCase();
  if (wanted.startsWith('spdy/')) {
    throw badRequest(
      'the stand-in does not speak SPDY: exec works with a kubectl that uses WebSocket (1.31 or newer)',
    );
  }
  if (wanted !== 'websocket' || request.method !== 'GET')
    throw badRequest('exec needs an upgrade to websocket by GET');
  const offered = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim());
  if (!offered.some((protocol) => EXEC_PROTOCOLS.includes(protocol))) {
    throw badRequest(`exec needs one of the subprotocols ${EXEC_PROTOCOLS.join(', ')}`);
  }
}

function readRequest(pod: JsonObject, query: URLSearchParams): ExecRequest {
  const container = chooseContainer(pod, query.get('container') ?? '');
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
  const flag = (name: string): boolean => isTrue(query.get(name));
  return {
    command,
    stdin: flag('stdin'),
    stdout: flag('stdout'),
    stderr: flag('stderr'),
    tty: flag('tty'),
    pod: {
      name: textAt(pod, 'metadata', 'name'),
      namespace: textAt(pod, 'metadata', 'namespace'),
      environment: environmentOf(pod, container),
    },
  };
}

function environmentOf(pod: JsonObject, name: string): ReadonlyMap<string, string> {
  const environment = new Map([
    ['PATH', '/bin'],
    ['HOME', '/root'],
    ['HOSTNAME', textAt(pod, 'metadata', 'name')],
    ['KUBERNETES_SERVICE_HOST', '10.96.0.1'],
    ['KUBERNETES_SERVICE_PORT', '443'],
  ]);
  const container = listAt(pod, 'spec', 'containers').find((candidate) => textAt(candidate, 'name') === name);
  for (const variable of listAt(container, 'env'))
    environment.set(textAt(variable, 'name'), textAt(variable, 'value'));
  return environment;
}

/** A whole HTTP/1.1 answer to an upgrade that is refused. */
export function refuseUpgrade({ request, socket }: Upgrade, refusal: StatusError): void {
  const body = Buffer.from(encodeObject(refusal.body()));
  const headers = {
    ...answerHeaders(request.headers['audit-id']),
    'content-type': 'application/json',
    'content-length': String(body.byteLength),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const statusLine = `HTTP/1.1 ${refusal.httpStatus} ${STATUS_CODES[refusal.httpStatus] ?? ''}`;
  socket.end(Buffer.concat([Buffer.from(`${[statusLine, ...lines].join('\r\n')}\r\n\r\n`), body]));
}
