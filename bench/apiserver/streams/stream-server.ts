// The part of the apiserver stand-in that holds connections: watches, exec sessions that echo, port-forwards. HTTP/1.1, with
// one of them on each connection, and HTTP/2 for watches; one port for both, as a real apiserver has it.
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { listenOnFreePort } from '../../listen.ts';
import { ANSWER_HEADERS, answerBody, http1Answer } from '../answer.ts';
import { serveHttp2 } from '../http2-connection.ts';
import { SMALL_PATH } from '../paths.ts';
import { headerPairs } from '../request-reader.ts';
import type { TlsFiles } from '../standin-servers.ts';
import type { Witness } from '../witness.ts';
import { echoStdin } from './exec-echo.ts';
import { PatternSink, sendPattern } from './forward-bytes.ts';
import { createHttp2Watches } from './http2-watches.ts';
import { EXEC_SUBPROTOCOL, FORWARD_SUBPROTOCOL, streamRequest } from './stream-paths.ts';
import type { StreamRequest } from './stream-paths.ts';
import type { WatchBoard } from './watch-board.ts';
import { acceptValue, frameHeader, WebsocketReader } from './websocket-frames.ts';

export interface StreamStandIn {
  readonly board: WatchBoard;
  readonly witness: Witness;
  readonly pattern: Buffer;
}

/** What the stand-in says when an upload has come whole. */
export const UPLOAD_RIGHT = 'right';
export const UPLOAD_WRONG = 'wrong';

const HEAD_END = '\r\n\r\n';
/** The agent's largest head is 60 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;
const REQUEST_LINE = /^GET (\S+) HTTP\/1\.1$/;

/** @returns its port */
export function startStreamServer(tls: TlsFiles, standIn: StreamStandIn): Promise<number> {
  const watches = createHttp2Watches(standIn);
  const options = { ...tls, ALPNProtocols: ['h2', 'http/1.1'], noDelay: true };
  const server = createServer(options, (socket) => {
    if (socket.alpnProtocol === 'h2') serveHttp2(socket, watches);
    else awaitHead(socket, standIn);
  });
  return listenOnFreePort(server);
}

function awaitHead(socket: TLSSocket, standIn: StreamStandIn): void {
  let bytes = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end === -1 && bytes.byteLength <= MAX_HEAD_BYTES) return;
    socket.off('data', onData);
    try {
      serve(socket, standIn, bytes.subarray(0, Math.max(end, 0)), bytes.subarray(end + HEAD_END.length));
    } catch {
      socket.destroy();
    }
  };
  socket.on('data', onData);
  socket.on('error', () => socket.destroy());
}

/** @throws Error for what there is not */
function serve(socket: TLSSocket, standIn: StreamStandIn, head: Buffer, early: Buffer): void {
  const { witness } = standIn;
  const headers = headerPairs(head);
  if (witness.isNextLookedAt()) witness.look(headers);
  const [line = ''] = head.toString('latin1').split('\r\n', 1);
  const path = REQUEST_LINE.exec(line)?.[1] ?? '';
  const request = streamRequest(path);
  if (request === undefined) {
    // What a route is asked before it is measured: whether it carries requests at all.
    if (path !== SMALL_PATH) throw new Error('no such path');
    return void socket.end(http1Answer(answerBody()));
  }
  if (request.kind === 'watch') return serveWatch(socket, standIn.board, request.watch);
  const subprotocol = request.kind === 'exec' ? EXEC_SUBPROTOCOL : FORWARD_SUBPROTOCOL;
  socket.write(switchingHead(headers, subprotocol), 'latin1');
  const onBytes = request.kind === 'exec' ? echoStdin(socket) : forward(socket, standIn, request);
  const take = (chunk: Buffer): void => {
    try {
      onBytes(chunk);
    } catch {
      socket.destroy();
    }
  };
  if (early.byteLength > 0) take(early);
  socket.on('data', take);
  socket.on('end', () => socket.end());
}

function serveWatch(socket: TLSSocket, board: WatchBoard, watch: number): void {
  board.add(watch, {
    // RFC 9112 §7.1.
    send: (event) => {
      const size = Buffer.from(`${event.byteLength.toString(16)}\r\n`, 'latin1');
      socket.write(Buffer.concat([size, event, CHUNK_END]));
    },
  });
  socket.on('close', () => board.remove(watch));
  // Nothing more is read of it but its end.
  socket.resume();
  socket.write(WATCH_HEAD);
}

const CHUNK_END = Buffer.from('\r\n');
const WATCH_HEAD = Buffer.from(
  `HTTP/1.1 200 OK\r\n${ANSWER_HEADERS.map((text, at) => `${text}${at % 2 === 0 ? ': ' : '\r\n'}`).join('')}` +
    'transfer-encoding: chunked\r\n\r\n',
  'latin1',
);

function forward(
  socket: TLSSocket,
  { pattern }: StreamStandIn,
  { direction, bytes }: Extract<StreamRequest, { kind: 'forward' }>,
): (chunk: Buffer) => void {
  if (direction === 'down') {
    sendPattern(
      'server',
      { write: (piece, onWritten) => void socket.write(piece, onWritten) },
      pattern,
      bytes,
    );
    return () => undefined;
  }
  const sink = new PatternSink(pattern, bytes, (isRight) => {
    const verdict = Buffer.from(isRight ? UPLOAD_RIGHT : UPLOAD_WRONG);
    socket.write(Buffer.concat([frameHeader('server', verdict.byteLength), verdict]));
  });
  const reader = new WebsocketReader('client', sink);
  return (chunk) => reader.push(chunk);
}

/** @throws Error for a request that does not ask for this subprotocol of WebSocket */
function switchingHead(headers: readonly string[], subprotocol: string): string {
  const value = (name: string): string => {
    const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
    return at === -1 ? '' : (headers[at + 1] ?? '');
  };
  const offered = value('sec-websocket-protocol').split(',');
  const isAsked =
    value('upgrade').toLowerCase() === 'websocket' && offered.some((name) => name.trim() === subprotocol);
  if (!isAsked) throw new Error('this path is for a WebSocket');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n' +
    `sec-websocket-accept: ${acceptValue(value('sec-websocket-key'))}\r\n` +
    `sec-websocket-protocol: ${subprotocol}\r\n\r\n`
  );
}
