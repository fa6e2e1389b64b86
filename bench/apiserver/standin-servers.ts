// The apiserver stand-in that costs next to nothing: HTTP/1.1 and HTTP/2 on bare TLS sockets, one port for both, as a real
// apiserver has it.
import { createServer } from 'node:tls';
import { listenOnFreePort } from '../listen.ts';
import { createStandIn, serveHttp1 } from './http1-connection.ts';
import type { Stock } from './http1-connection.ts';
import { createHttp2Answers } from './http2-answers.ts';
import { serveHttp2 } from './http2-connection.ts';
import type { Intake } from './intake.ts';
import type { Witness } from './witness.ts';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** @returns its port */
export function startStandInServer(
  tls: TlsFiles,
  stock: Stock,
  witness: Witness,
  intake: Intake,
): Promise<number> {
  const standIn = createStandIn(stock, witness, intake);
  const answer = createHttp2Answers(stock, witness, intake);
  const options = { ...tls, ALPNProtocols: ['h2', 'http/1.1'], noDelay: true };
  const server = createServer(options, (socket) => {
    if (socket.alpnProtocol === 'h2') serveHttp2(socket, answer);
    else serveHttp1(socket, standIn);
  });
  return listenOnFreePort(server);
}
