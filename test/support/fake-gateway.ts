// A gateway that somebody stole: it takes the agent's tunnel without looking, and sends what a test tells it.
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { decodeAnswerHead } from '../../http/index.ts';
import type { HeaderList } from '../../http/index.ts';
import { boundPort } from '../../observe/index.ts';
import { createTunnelAcceptor, Session } from '../../tunnel/index.ts';
import type { TunnelStream } from '../../tunnel/index.ts';
import { testAuthority, testIdentity } from './test-authority.ts';

export interface AgentAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
  /** How the stream was reset; empty when it ended. */
  readonly reset: string;
}

export interface FakeGateway {
  readonly url: string;
  readonly caPem: string;
  /** The upgrade requests that came, in order. */
  readonly dials: readonly IncomingMessage[];
  /** The newest tunnel; waits for the first. */
  session(): Promise<Session>;
  close(): Promise<void>;
}

export interface FakeGatewayOptions {
  /** Called for each tunnel as soon as the agent's HELLO is there. */
  readonly onTunnel?: (session: Session) => void;
}

export async function startFakeGateway(options: FakeGatewayOptions = {}): Promise<FakeGateway> {
  const identity = testIdentity();
  const acceptor = createTunnelAcceptor();
  const sessions: Session[] = [];
  const dials: IncomingMessage[] = [];
  const sockets = new Set<Duplex>();
  const ready = Promise.withResolvers<void>();
  const server = createServer({ cert: identity.certificatePem, key: identity.privateKeyPem });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    dials.push(request);
    sockets.add(socket);
    acceptor.accept(request, socket, head, (transport) => {
      const session: Session = new Session(
        transport,
        {
          onReady: () => {
            sessions.push(session);
            ready.resolve();
            options.onTunnel?.(session);
          },
        },
        { role: 'gateway' },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${boundPort(server)}`,
    caPem: testAuthority().certificatePem,
    dials,
    session: async () => {
      await ready.promise;
      const newest = sessions.at(-1);
      if (newest === undefined) throw new Error('no tunnel');
      return newest;
    },
    close: () =>
      new Promise((resolve) => {
        for (const session of sessions) session.close('the test is over');
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Opens a stream with any bytes as its head, sends a body and reads the answer. */
export function ask(session: Session, head: Uint8Array, body?: string): Promise<AgentAnswer> {
  return new Promise((resolve) => {
    let stream: TunnelStream | undefined;
    let status = 0;
    let headers: HeaderList = [];
    const chunks: Buffer[] = [];
    const finish = (reset: string): void => {
      resolve({ status, headers, body: Buffer.concat(chunks).toString('latin1'), reset });
    };
    stream = session.open(head, {
      onHead: (bytes) => {
        ({ status, headers } = decodeAnswerHead(bytes));
      },
      onData: (chunk) => {
        chunks.push(Buffer.from(chunk));
        stream?.consume(chunk.byteLength);
      },
      onEnd: () => finish(''),
      onReset: (code) => finish(code),
    });
    if (body !== undefined) stream.write(Buffer.from(body, 'latin1'));
    stream.end();
  });
}
