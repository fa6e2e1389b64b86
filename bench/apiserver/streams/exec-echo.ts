// An exec session of `cat`: what comes on stdin goes back on stdout (KEP-4006: the first byte of a message is its channel).
import type { TLSSocket } from 'node:tls';
import { STDIN_CHANNEL, STDOUT_CHANNEL } from './stream-paths.ts';
import { frameHeader, WebsocketReader } from './websocket-frames.ts';

/** @returns what takes the bytes of the client */
export function echoStdin(socket: TLSSocket): (chunk: Buffer) => void {
  let answer = Buffer.alloc(0);
  let at = 0;
  let begin = 0;
  const reader = new WebsocketReader('client', {
    onMessage: (bytes) => {
      const header = frameHeader('server', bytes);
      answer = Buffer.allocUnsafe(header.byteLength + bytes);
      header.copy(answer);
      begin = at = header.byteLength;
    },
    onPiece: (piece) => {
      at += piece.copy(answer, at);
    },
    onMessageEnd: () => {
      if (answer[begin] !== STDIN_CHANNEL) throw new Error('a message that is not of stdin');
      answer[begin] = STDOUT_CHANNEL;
      socket.write(answer);
    },
  });
  return (chunk) => reader.push(chunk);
}
