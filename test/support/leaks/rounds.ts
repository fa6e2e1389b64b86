// A round: everything that a client can begin and not finish, once each, cut where chance says.
import { constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { CLUSTER_SERVER_NAME } from '../relay-world.ts';
import { callHttp2, openHttp2 } from '../http-client.ts';
import { openRaw } from '../raw-client.ts';
import type { Random } from './random.ts';

/** Targets at the apiserver; a round leaves out those that it does not have. */
export interface LeakPaths {
  /** Answers at once. */
  readonly get: string;
  readonly watch: string;
  /** A followed log that says more than anybody reads. */
  readonly logs: string;
  readonly exec: string;
  /** An exec to which the apiserver says nothing at all. */
  readonly silentExec?: string;
  /** An exec that the apiserver refuses. */
  readonly refusedExec: string;
  readonly refusedStatus: number;
  readonly portForward: string;
  /** Takes a POST. */
  readonly upload: string;
  /** An answer that the apiserver breaks off. */
  readonly broken?: string;
}

export interface RoundTarget {
  readonly port: number;
  readonly caPem: string;
  readonly token: string;
  /** Of a user whom no rule lets in. */
  readonly strangersToken: string;
  readonly paths: LeakPaths;
}

/** Every wait of a client ends here: an answer that never comes is a failure, not a hang. */
const ACTION_TIMEOUT_MS = 15_000;
/** Longer than a body that the agent collects before it sends it on. */
const UPLOAD_BYTES = 1024 * 1024;
const UPLOADED_CHUNK = Buffer.alloc(48 * 1024, '{');
/** How much of a log is read at most before the cut. */
const MAX_LOG_BYTES = 200_000;
/** Less than any answer's head: for streams that say little after it. */
const SOME_BYTES = 70;
/** What of an answer is kept to be looked at. */
const KEPT_CHARACTERS = 1200;
const ONCE = { method: 'GET', lines: ['Connection: close'] };
const WEBSOCKET = {
  method: 'GET',
  lines: [
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  ],
};
const SPDY = {
  method: 'POST',
  lines: ['Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io', 'Content-Length: 0'],
};
const SPDY_FORWARD = {
  method: 'POST',
  lines: ['Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: portforward.k8s.io', 'Content-Length: 0'],
};
/** The start of a masked frame of 200 bytes: 6 of them come. */
const HALF_A_FRAME = Buffer.from([0x82, 0xfe, 0x00, 0xc8, 1, 2, 3, 4, 0, 104, 97, 108, 102, 10]);

/** A client that makes rounds: one after the other, with an HTTP/2 connection of its own that outlives them. */
export class RoundClient {
  private readonly target: RoundTarget;
  private readonly random: Random;
  private readonly session: ClientHttp2Session;

  constructor(target: RoundTarget, random: Random) {
    this.target = target;
    this.random = random;
    this.session = openHttp2(target);
  }

  close(): void {
    this.session.destroy();
  }

  /** @throws Error when something is answered otherwise than it should */
  async round(): Promise<void> {
    const { paths, token } = this.target;
    await this.either(
      () => this.answered(paths.get, 200),
      () => this.answeredHttp2(paths.get, 200, token),
    );
    for (const path of [paths.watch, paths.logs]) {
      await this.either(
        () => this.cut({ method: 'GET', path }),
        () => this.cutHttp2(path),
      );
    }
    await this.exec();
    await this.portForward();
    await this.either(
      () => this.cutUpload(paths.upload),
      () => this.cutUploadHttp2(paths.upload),
    );
    await this.refusal();
  }

  private async either(...ways: [() => Promise<void>, ...(() => Promise<void>)[]]): Promise<void> {
    await this.random.pick(ways)();
  }

  private async exec(): Promise<void> {
    const { exec, silentExec } = this.target.paths;
    await this.either(
      () => this.cut({ ...WEBSOCKET, path: exec, send: HALF_A_FRAME }),
      () => this.cut({ ...SPDY, path: exec, send: HALF_A_FRAME }),
      async () => {
        // Nothing ever comes back: the client goes away with or without having said something.
        const send = this.random.pick([Buffer.alloc(0), HALF_A_FRAME]);
        await this.talk({ ...WEBSOCKET, path: silentExec ?? exec, send }, 0);
      },
    );
  }

  private async portForward(): Promise<void> {
    const request = { ...SPDY_FORWARD, path: this.target.paths.portForward, send: HALF_A_FRAME };
    await this.either(
      () => this.cut(request),
      async () => void (await this.talk({ ...request, halfCloses: true }, 'end')),
    );
  }

  private async refusal(): Promise<void> {
    const { paths, strangersToken } = this.target;
    await this.either(
      () => this.answeredHttp2(paths.get, 404, strangersToken),
      () => this.answered(`${paths.get}/../secrets`, 400),
      () => this.answered(paths.refusedExec, paths.refusedStatus, WEBSOCKET),
      () => this.answered(paths.broken ?? paths.get, 200),
    );
  }

  /** One request on a connection of its own, read until the other end closes it. */
  private async answered(
    path: string,
    status: number,
    request: Omit<RawRequest, 'path'> = ONCE,
  ): Promise<void> {
    const received = await this.talk({ ...request, path }, 'end');
    if (received.startsWith(`HTTP/1.1 ${status} `)) return;
    throw new Error(`${path} was answered with ${JSON.stringify(received)}, not with ${status}`);
  }

  /** Goes away before the answer, within its head, or within what follows: as chance says. */
  private async cut(request: RawRequest): Promise<void> {
    const { random } = this;
    const most = request.path === this.target.paths.logs ? MAX_LOG_BYTES : SOME_BYTES;
    await this.talk(request, random.pick([0, 1 + random.below(most)]));
  }

  /** @param until bytes that have come before the client goes away, or `end`: the other end closes */
  private async talk(request: RawRequest, until: number | 'end'): Promise<string> {
    const { target } = this;
    const socket = await openRaw({ ...target, serverName: CLUSTER_SERVER_NAME });
    const done = Promise.withResolvers<string>();
    const timer = setTimeout(
      () =>
        done.reject(new Error(`no end of ${request.method} ${request.path}; got ${received.slice(0, 300)}`)),
      ACTION_TIMEOUT_MS,
    );
    let received = '';
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (received.length < KEPT_CHARACTERS) received += chunk.toString('latin1');
      if (until !== 'end' && bytes >= until) done.resolve(received);
    });
    socket.once('close', () => done.resolve(received));
    socket.write(headOf(request, target.token));
    // A client need not wait for the 101 before it speaks.
    socket.write(request.send ?? '', () => {
      if (until === 0) done.resolve(received);
      if (request.halfCloses === true) socket.end();
    });
    try {
      return await done.promise;
    } finally {
      clearTimeout(timer);
      socket.destroy();
    }
  }

  private async answeredHttp2(path: string, status: number, token: string): Promise<void> {
    const answer = await callHttp2(this.session, { token, path });
    if (answer.status !== status)
      throw new Error(`${path} was answered with ${answer.status}: ${answer.body}`);
  }

  private async cutHttp2(path: string): Promise<void> {
    const stream = this.openHttp2({ ':path': path }, true);
    const until = this.random.pick(['written', 'response', 'data']);
    await this.whenHttp2(stream, until);
    await closeHttp2(stream);
  }

  private async cutUpload(path: string): Promise<void> {
    const lines = ['Content-Type: application/json', `Content-Length: ${UPLOAD_BYTES}`];
    const send = UPLOADED_CHUNK.subarray(this.random.below(UPLOADED_CHUNK.byteLength));
    await this.talk({ method: 'POST', path, lines, send }, 0);
  }

  private async cutUploadHttp2(path: string): Promise<void> {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/json' };
    const stream = this.openHttp2(headers, false);
    stream.write(UPLOADED_CHUNK);
    await this.whenHttp2(stream, 'written');
    await closeHttp2(stream);
  }

  private openHttp2(headers: Readonly<Record<string, string>>, endStream: boolean): ClientHttp2Stream {
    const stream = this.session.request(
      { ...headers, authorization: `Bearer ${this.target.token}` },
      { endStream },
    );
    stream.on('error', () => undefined);
    return stream;
  }

  private async whenHttp2(stream: ClientHttp2Stream, event: 'written' | 'response' | 'data'): Promise<void> {
    const happened = Promise.withResolvers<void>();
    const timer = setTimeout(() => happened.reject(new Error(`no ${event} over HTTP/2`)), ACTION_TIMEOUT_MS);
    if (event === 'written') setImmediate(happened.resolve);
    else stream.once(event, () => happened.resolve());
    stream.once('close', () => happened.reject(new Error('the HTTP/2 stream was closed')));
    try {
      await happened.promise;
    } finally {
      clearTimeout(timer);
      happened.promise.catch(() => undefined);
    }
  }
}

interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly lines?: readonly string[];
  /** What follows the head at once. */
  readonly send?: Buffer;
  /** Whether the client says after it that nothing more comes. */
  readonly halfCloses?: boolean;
}

function headOf({ method, path, lines = [] }: RawRequest, token: string): string {
  const upgrade = lines.some((line) => line.startsWith('Upgrade: ')) ? ['Connection: Upgrade'] : [];
  const all = [`Host: ${CLUSTER_SERVER_NAME}`, `Authorization: Bearer ${token}`, ...lines, ...upgrade];
  return `${method} ${path} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`;
}

function closeHttp2(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    stream.once('close', () => resolve());
    stream.close(constants.NGHTTP2_CANCEL);
  });
}
