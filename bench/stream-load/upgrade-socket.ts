// Opens a WebSocket (RFC 6455) on a bare TLS socket: after the handshake nothing is between the bench and the bytes.
import { randomBytes } from 'node:crypto';
import { acceptValue } from '../apiserver/streams/index.ts';
import { openTlsSocket, requestBytes } from '../load/index.ts';
import type { LoadSocket } from '../load/index.ts';
import type { StreamTarget } from './stream-target.ts';

export interface UpgradeRequest {
  readonly path: string;
  readonly subprotocol: string;
  readonly token: string;
}

export interface UpgradeEvents {
  /** What comes after the 101. Memory that is used again after the call; what this throws goes to `onFailure`. */
  onBytes(bytes: Buffer): void;
  onFailure(error: Error): void;
}

const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 16 * 1024;
/** RFC 6455 §4.1. */
const KEY_BYTES = 16;
const UPGRADE_TIMEOUT_MS = 20_000;

/** @throws Error when the answer is not the 101 that was asked for, or stays away */
export async function openUpgrade(
  target: StreamTarget,
  { path, subprotocol, token }: UpgradeRequest,
  events: UpgradeEvents,
): Promise<LoadSocket> {
  const key = randomBytes(KEY_BYTES).toString('base64');
  const switched = Promise.withResolvers<void>();
  let head: Buffer | undefined = Buffer.alloc(0);
  const socket = await openTlsSocket(target, 'http/1.1', {
    onBytes: (bytes) => {
      if (head === undefined) return events.onBytes(bytes);
      const received = Buffer.concat([head, bytes]);
      const end = received.indexOf(HEAD_END);
      head = received;
      if (end === -1 && received.byteLength <= MAX_HEAD_BYTES) return;
      checkSwitched(received.toString('latin1', 0, Math.max(end, 0)), key, subprotocol);
      head = undefined;
      switched.resolve();
      const early = received.subarray(end + HEAD_END.length);
      if (early.byteLength > 0) events.onBytes(early);
    },
    onFailure: (error) => {
      switched.reject(error);
      events.onFailure(error);
    },
  });
  const headers = [
    'authorization',
    `Bearer ${token}`,
    'connection',
    'Upgrade',
    'upgrade',
    'websocket',
    'sec-websocket-version',
    '13',
    'sec-websocket-key',
    key,
    'sec-websocket-protocol',
    subprotocol,
  ];
  socket.write(requestBytes('GET', { host: target.host, port: target.port, path, headers }));
  const timer = setTimeout(
    () => switched.reject(new Error('the upgrade was not answered in time')),
    UPGRADE_TIMEOUT_MS,
  );
  try {
    await switched.promise;
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function checkSwitched(head: string, key: string, subprotocol: string): void {
  const [status = '', ...lines] = head.split('\r\n');
  const value = (name: string): string | undefined =>
    lines
      .map((line) => line.split(/:\s*/, 2))
      .find(([found = '']) => found.toLowerCase() === name)?.[1]
      ?.trim();
  if (!status.startsWith('HTTP/1.1 101 ')) throw new Error(`the upgrade was answered with: ${status}`);
  const isRight =
    value('sec-websocket-accept') === acceptValue(key) && value('sec-websocket-protocol') === subprotocol;
  if (!isRight) throw new Error('the 101 is not the one that was asked for');
}
