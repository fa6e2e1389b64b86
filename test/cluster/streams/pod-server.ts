// A TCP server for port-forward to reach and a client for its other end: what each saw of a connection is compared.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { boundPort } from '../../../observe/index.ts';

/** One end's view of a connection that is over. */
export interface Seen {
  readonly bytes: number;
  readonly sha256: string;
  /** `ended`: the other side said that it sends no more. Otherwise `closed`, or the code of the error. */
  readonly how: string;
}

interface Watched {
  /** Of what has come so far. */
  summary(): string;
  readonly over: Promise<Seen>;
}

export interface PodServer {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Of those that are over, in that order. */
  readonly seen: readonly Seen[];
  /** Resolves as soon as so many connections are open. */
  untilOpen(count: number): Promise<void>;
  /** Resolves as soon as so many are over. */
  untilOver(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What a server does with a connection; `watched` sees what comes. */
export type Behaviour = (socket: Socket, watched: Watched) => void;

export const echo: Behaviour = (socket) => void socket.pipe(socket);

/** Silent until the client has ended: then how much it sent, and its hash. */
export const answerAfterEnd: Behaviour = (socket, watched) =>
  void socket.once('end', () => socket.end(watched.summary()));

/** Ends as soon as it was spoken to, but goes on to read. */
export const endFirst: Behaviour = (socket) => void socket.once('data', () => socket.end('that is all\n'));

export async function startPodServer(behave: Behaviour): Promise<PodServer> {
  const sockets = new Set<Socket>();
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const check of waiting) check();
  };
  const until = (isThere: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isThere()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const watched = watch(socket);
    void watched.over.then((end) => {
      sockets.delete(socket);
      seen.push(end);
      changed();
    });
    behave(socket, watched);
    changed();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: boundPort(server),
    get open() {
      return sockets.size;
    },
    seen,
    untilOpen: (count) => until(() => sockets.size >= count),
    untilOver: (count) => until(() => seen.length >= count),
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Counts and hashes what comes; the socket flows from now on. */
function watch(socket: Socket): Watched {
  const hash = createHash('sha256');
  let bytes = 0;
  let how = 'closed';
  socket.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  socket.once('end', () => (how = 'ended'));
  socket.once('error', (error: NodeJS.ErrnoException) => (how = error.code ?? error.message));
  const digest = (): string => hash.copy().digest('hex');
  const over = new Promise<Seen>((resolve) =>
    socket.once('close', () => resolve({ bytes, sha256: digest(), how })),
  );
  return { summary: () => `${bytes} ${digest()}`, over };
}

export interface Talk {
  readonly socket: Socket;
  readonly over: Promise<Seen>;
}

/** Connects to a forwarded port, sends all of `body`, and then says that this is all. */
export function talkTo(port: number, body: string | Iterable<Buffer>): Talk {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const { over } = watch(socket);
  Readable.from(typeof body === 'string' ? [Buffer.from(body)] : body, { objectMode: false }).pipe(socket);
  return { socket, over };
}

/** Connects, sends `text` and keeps the connection. Resolves when as many bytes have come back. */
export async function openEcho(port: number, text: string): Promise<Talk> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const { over } = watch(socket);
  let bytes = 0;
  const echoed = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= Buffer.byteLength(text)) resolve();
    });
    socket.once('close', () => reject(new Error(`closed after ${bytes} bytes`)));
  });
  socket.write(text);
  await echoed;
  return { socket, over };
}
