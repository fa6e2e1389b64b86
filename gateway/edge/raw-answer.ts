// An answer on a socket that no HTTP parser holds any more: what the parser refused, CONNECT, and refused upgrades.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newRequestId, statusBody } from '../../http/index.ts';
import type { StatusOptions } from '../../http/index.ts';

export type RawAnswer = Omit<StatusOptions, 'hop' | 'requestId'>;

/** How long a socket is kept after its last answer, for a client that does not close its side. */
const LINGER_MS = 2000;

/** Writes a Status and closes: the last bytes of this socket. */
export function answerRaw(socket: Duplex, status: RawAnswer): void {
  const body = statusBody({ ...status, hop: 'gateway', requestId: newRequestId() });
  const retry = status.retryAfterSeconds === undefined ? '' : `Retry-After: ${status.retryAfterSeconds}\r\n`;
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? 'Error'}\r\nConnection: close\r\n${retry}` +
      `Content-Type: application/json\r\nContent-Length: ${body.byteLength}\r\n\r\n${body.toString('utf8')}`,
  );
  linger(socket);
}

/**
 * For a socket whose writing side has ended: reads on and throws away, so that no reset overtakes the answer
 * (RFC 9112 §9.6), but not for ever (security D1).
 */
export function linger(socket: Duplex): void {
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
