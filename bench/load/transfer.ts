// Moves the pattern: downloads and uploads over HTTP/1.1, each on a connection of its own, every byte of a download compared
// as it arrives. Uploads are compared by the stand-in, whose answer says whether they were right.
import { z } from 'zod';
import {
  BULK_PATH,
  bulkDownloadPath,
  createPattern,
  epochMs,
  Intake,
  patternAt,
} from '../apiserver/index.ts';
import type { Arriving, Progress } from '../apiserver/index.ts';
import { AnswerReader } from './answer-reader.ts';
import { loadSpecSchema } from './load-client.ts';
import { requestBytes } from './request-bytes.ts';
import { openTlsSocket } from './tls-socket.ts';
import type { LoadSocket } from './tls-socket.ts';

export const transferSpecSchema = loadSpecSchema
  .pick({ connections: true, host: true, port: true, serverName: true, ca: true, headers: true })
  .extend({ direction: z.enum(['download', 'upload']), bytesEach: z.int().min(1).max(1e11) });
export type TransferSpec = z.infer<typeof transferSpecSchema>;

export const transferResultSchema = z.object({
  /** Bytes of bodies: of downloads what arrived, of uploads what was sent. */
  bytes: z.number(),
  startedMs: z.number(),
  endedMs: z.number(),
  /** Transfers that came to their end, and those of them that were not what they had to be. */
  ended: z.int(),
  wrong: z.int(),
  /** Of this process. */
  cpuUs: z.number(),
});
export type TransferResult = z.infer<typeof transferResultSchema>;

export interface RunningTransfer {
  /** When its requests were sent, milliseconds since the epoch. */
  readonly startedMs: number;
  /** Of downloads; of uploads the stand-in tells it. */
  progress(): Progress;
  /** When all have ended. Rejects when a connection is lost. */
  readonly result: Promise<TransferResult>;
  /** Ends what still runs. */
  cut(): TransferResult;
}

/** Written at once, and how many of them may wait in a socket. */
const PIECE_BYTES = 256 * 1024;
const WAITING_PIECES = 2;

const uploadAnswerSchema = z.object({ bytes: z.number(), right: z.boolean() });

/** Opens the connections, then sends all requests at once. */
export async function startTransfer(spec: TransferSpec): Promise<RunningTransfer> {
  const pattern = createPattern();
  const intake = new Intake();
  const over = Promise.withResolvers<TransferResult>();
  over.promise.catch(() => undefined);
  const streams = await Promise.all(
    Array.from({ length: spec.connections }, async () => {
      const stream = new TransferStream(spec, pattern, intake, {
        onEnd: () => {
          if (streams.every(({ isEnded }) => isEnded)) over.resolve(finish());
        },
        onFailure: (error) => over.reject(error),
      });
      await stream.open();
      return stream;
    }),
  );
  const cpuAtStart = process.cpuUsage();
  const startedMs = epochMs();
  for (const stream of streams) stream.start();

  function finish(): TransferResult {
    const cpu = process.cpuUsage(cpuAtStart);
    for (const stream of streams) stream.close();
    const sum = (value: (stream: TransferStream) => number): number =>
      streams.reduce((total, stream) => total + value(stream), 0);
    return {
      bytes: sum(({ bytes }) => bytes),
      startedMs,
      endedMs: epochMs(),
      ended: sum(({ isEnded }) => Number(isEnded)),
      wrong: sum(({ isWrong }) => Number(isWrong)),
      cpuUs: cpu.user + cpu.system,
    };
  }
  return { startedMs, progress: () => intake.progress(), result: over.promise, cut: finish };
}

interface StreamEvents {
  onEnd(): void;
  onFailure(error: Error): void;
}

class TransferStream {
  private readonly spec: TransferSpec;
  private readonly pattern: Buffer;
  private readonly events: StreamEvents;
  private readonly arriving: Arriving;
  private readonly answer: Buffer[] = [];
  private socket: LoadSocket | undefined = undefined;
  private sentBytes = 0;
  private wrong = false;
  isEnded = false;

  constructor(spec: TransferSpec, pattern: Buffer, intake: Intake, events: StreamEvents) {
    this.spec = spec;
    this.pattern = pattern;
    this.events = events;
    this.arriving = intake.open(pattern);
  }

  get bytes(): number {
    return this.spec.direction === 'download' ? this.arriving.bytes : this.sentBytes;
  }

  get isWrong(): boolean {
    return this.wrong || this.arriving.wrongAt !== undefined;
  }

  async open(): Promise<void> {
    const isDownload = this.spec.direction === 'download';
    const reader = new AnswerReader({
      onBody: (bytes) => {
        if (isDownload) this.arriving.take(bytes);
        else this.answer.push(Buffer.from(bytes));
      },
      onAnswer: (status, bodyBytes) => this.end(status, bodyBytes),
    });
    this.socket = await openTlsSocket(this.spec, 'http/1.1', {
      onBytes: (bytes) => reader.push(bytes),
      onFailure: (error) => this.events.onFailure(error),
    });
  }

  start(): void {
    const { spec } = this;
    if (spec.direction === 'download') {
      this.socket?.write(requestBytes('GET', { ...spec, path: bulkDownloadPath(spec.bytesEach) }));
      return;
    }
    const headers = [...spec.headers, 'content-length', String(spec.bytesEach)];
    this.socket?.write(requestBytes('POST', { ...spec, path: BULK_PATH, headers }));
    for (let count = 0; count < WAITING_PIECES; count += 1) this.sendPiece();
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
  }

  private sendPiece(): void {
    const missing = this.spec.bytesEach - this.sentBytes;
    if (missing <= 0) return;
    const piece = patternAt(this.pattern, this.sentBytes, Math.min(PIECE_BYTES, missing));
    this.sentBytes += piece.byteLength;
    // Not in the callback itself: while the kernel takes all at once, that would leave no turn to anything else.
    this.socket?.write(piece, () => setImmediate(() => this.sendPiece()));
  }

  private end(status: number, bodyBytes: number): void {
    const { direction, bytesEach } = this.spec;
    this.isEnded = true;
    if (direction === 'download') this.wrong = status !== 200 || bodyBytes !== bytesEach;
    else this.wrong = status !== 200 || !saysRight(Buffer.concat(this.answer), bytesEach);
    this.arriving.end();
    this.events.onEnd();
  }
}

function saysRight(answer: Buffer, bytes: number): boolean {
  const said = uploadAnswerSchema.safeParse(JSON.parse(answer.toString('utf8')));
  return said.success && said.data.right && said.data.bytes === bytes;
}
