// Exec sessions of `cat`: each sends one byte on stdin, waits until it is back on stdout, and sends the next.
import { z } from 'zod';
import {
  EXEC_PATH,
  EXEC_SUBPROTOCOL,
  frameHeader,
  STDIN_CHANNEL,
  STDOUT_CHANNEL,
  WebsocketReader,
} from '../apiserver/streams/index.ts';
import { LatencyRecorder } from '../load/index.ts';
import type { LoadSocket } from '../load/index.ts';
import { streamTargetSchema } from './stream-target.ts';
import { openUpgrade } from './upgrade-socket.ts';

export const execSpecSchema = streamTargetSchema.extend({
  token: z.string(),
  sessions: z.int().min(1).max(1024),
});
export type ExecSpec = z.infer<typeof execSpecSchema>;

export const execRoundSchema = z.object({
  roundTrips: z.int(),
  elapsedMs: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  /** Messages that were not the byte that was sent, on stdout. */
  wrong: z.int(),
  /** Of this process. */
  cpuUs: z.number(),
});
export type ExecRound = z.infer<typeof execRoundSchema>;

/** The channel, and one byte. */
const MESSAGE_BYTES = 2;
/** An echo that takes so long after the end of the round will not come. */
const LAST_ECHO_MS = 10_000;

export class ExecClient {
  private readonly latencies = new LatencyRecorder();
  private sessions: readonly ExecSession[] = [];
  private deadlineMs = 0;
  private pending = 0;
  private wrong = 0;
  private round: PromiseWithResolvers<void> | undefined = undefined;
  private failure: Error | undefined = undefined;

  async open(spec: ExecSpec): Promise<void> {
    this.sessions = await Promise.all(
      Array.from({ length: spec.sessions }, async () => {
        const session = new ExecSession(
          (sentMs, isRight) => this.echo(sentMs, isRight),
          (error) => this.fail(error),
        );
        await session.open(spec);
        return session;
      }),
    );
  }

  /** @throws Error when a session is lost, or an echo stays away */
  async run(durationMs: number): Promise<ExecRound> {
    if (this.failure !== undefined) throw this.failure;
    this.latencies.clear();
    this.wrong = 0;
    this.pending = this.sessions.length;
    const round = Promise.withResolvers<void>();
    this.round = round;
    const timer = setTimeout(() => this.fail(new Error('an echo stayed away')), durationMs + LAST_ECHO_MS);
    const cpuAtStart = process.cpuUsage();
    const startMs = performance.now();
    this.deadlineMs = startMs + durationMs;
    for (const session of this.sessions) session.send();
    try {
      await round.promise;
    } finally {
      clearTimeout(timer);
    }
    const cpu = process.cpuUsage(cpuAtStart);
    return {
      roundTrips: this.latencies.size,
      elapsedMs: performance.now() - startMs,
      ...this.latencies.summary(),
      wrong: this.wrong,
      cpuUs: cpu.user + cpu.system,
    };
  }

  close(): void {
    for (const session of this.sessions) session.close();
  }

  /** @returns whether the session is to go on */
  private echo(sentMs: number, isRight: boolean): boolean {
    const now = performance.now();
    this.latencies.record(now - sentMs);
    if (!isRight) this.wrong += 1;
    if (now < this.deadlineMs) return true;
    this.pending -= 1;
    if (this.pending === 0) this.round?.resolve();
    return false;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.round?.reject(error);
  }
}

class ExecSession {
  private readonly onEcho: (sentMs: number, isRight: boolean) => boolean;
  private readonly onFailure: (error: Error) => void;
  private readonly header = frameHeader('client', MESSAGE_BYTES);
  private readonly message = Buffer.concat([this.header, Buffer.of(STDIN_CHANNEL, 0)]);
  private readonly byteAt = this.message.byteLength - 1;
  private readonly received = Buffer.alloc(MESSAGE_BYTES);
  private receivedBytes = 0;
  private socket: LoadSocket | undefined = undefined;
  private sent = 0;
  private sentMs = 0;

  constructor(onEcho: (sentMs: number, isRight: boolean) => boolean, onFailure: (error: Error) => void) {
    this.onEcho = onEcho;
    this.onFailure = onFailure;
  }

  async open({ token, ...target }: ExecSpec): Promise<void> {
    const reader = new WebsocketReader('server', {
      onMessage: (bytes) => {
        if (bytes !== MESSAGE_BYTES) throw new Error('an echo of one byte is a message of two');
        this.receivedBytes = 0;
      },
      onPiece: (piece) => {
        this.receivedBytes += piece.copy(this.received, this.receivedBytes);
      },
      onMessageEnd: () => {
        const isRight = this.received[0] === STDOUT_CHANNEL && this.received[1] === this.message[this.byteAt];
        if (this.onEcho(this.sentMs, isRight)) this.send();
      },
    });
    const request = { path: EXEC_PATH, subprotocol: EXEC_SUBPROTOCOL, token };
    this.socket = await openUpgrade(target, request, {
      onBytes: (bytes) => reader.push(bytes),
      onFailure: this.onFailure,
    });
  }

  /** The next byte. The one before is back, so its memory is free. */
  send(): void {
    this.sent = (this.sent + 1) & 0xff;
    this.message[this.byteAt] = this.sent;
    this.sentMs = performance.now();
    this.socket?.write(this.message);
  }

  close(): void {
    this.socket?.close();
  }
}
