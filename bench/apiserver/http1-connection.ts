// One HTTP/1.1 connection of the stand-in: prebuilt answers, downloads of the pattern, uploads that are checked against it.
import type { TLSSocket } from 'node:tls';
import { http1Answer, http1Head } from './answer.ts';
import type { Arriving, Intake } from './intake.ts';
import { BULK_PATH, LIST_PATH, SMALL_PATH } from './paths.ts';
import { patternAt } from './pattern.ts';
import { headerPairs, RequestReader } from './request-reader.ts';
import type { RequestSink } from './request-reader.ts';
import type { Witness } from './witness.ts';

/** What all connections answer from. */
export interface Stock {
  readonly small: string;
  readonly list: string;
  readonly pattern: Buffer;
}

export interface StandIn {
  readonly small: Buffer;
  readonly list: Buffer;
  readonly pattern: Buffer;
  readonly witness: Witness;
  readonly intake: Intake;
}

/** Encrypted at once: short enough that a small answer beside it does not wait for long. */
const PIECE_BYTES = 64 * 1024;
/** What may wait in the socket: enough that it is never idle. */
const WAITING_BYTES = 4 * PIECE_BYTES;
const SMALL_REQUEST = Buffer.from(`GET ${SMALL_PATH} `);
const LIST_REQUEST = Buffer.from(`GET ${LIST_PATH} `);
const DOWNLOAD = new RegExp(`^GET ${BULK_PATH}\\?bytes=(\\d{1,12}) `);
const UPLOAD = `POST ${BULK_PATH} `;

export function createStandIn(stock: Stock, witness: Witness, intake: Intake): StandIn {
  return {
    small: http1Answer(stock.small),
    list: http1Answer(stock.list),
    pattern: stock.pattern,
    witness,
    intake,
  };
}

export function serveHttp1(socket: TLSSocket, standIn: StandIn): void {
  const reader = new RequestReader(new Http1Connection(socket, standIn));
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
}

class Http1Connection implements RequestSink {
  private readonly socket: TLSSocket;
  private readonly standIn: StandIn;
  private upload: Arriving | undefined = undefined;

  constructor(socket: TLSSocket, standIn: StandIn) {
    this.socket = socket;
    this.standIn = standIn;
  }

  /** @throws Error for what there is not */
  onGet(head: Buffer): void {
    const { small, list } = this.standIn;
    this.witnessed(head);
    if (begins(head, SMALL_REQUEST)) this.socket.write(small);
    else if (begins(head, LIST_REQUEST)) this.socket.write(list);
    else this.download(Number(DOWNLOAD.exec(head.toString('latin1'))?.[1]));
  }

  /** @throws Error for what there is not */
  onPost(head: Buffer): void {
    this.witnessed(head);
    if (!head.toString('latin1', 0, UPLOAD.length).startsWith(UPLOAD)) throw new Error('no such path');
    this.upload = this.standIn.intake.open(this.standIn.pattern);
  }

  onBody(bytes: Buffer): void {
    this.upload?.take(bytes);
  }

  onBodyEnd(): void {
    this.upload?.end();
    const { bytes, wrongAt } = this.upload ?? {};
    this.socket.write(http1Answer(JSON.stringify({ bytes, right: wrongAt === undefined })));
  }

  private witnessed(head: Buffer): void {
    const { witness } = this.standIn;
    if (witness.isNextLookedAt()) witness.look(headerPairs(head));
  }

  private download(bytes: number): void {
    if (!Number.isSafeInteger(bytes)) throw new Error('no such path');
    const { socket } = this;
    let position = 0;
    let isDue = true;
    // Not in the callback itself: while the kernel takes all at once, that would leave no turn to other connections.
    const pumpSoon = (): void => {
      if (isDue) return;
      isDue = true;
      setImmediate(pump);
    };
    const pump = (): void => {
      isDue = false;
      while (position < bytes && socket.writableLength < WAITING_BYTES && !socket.destroyed) {
        const piece = patternAt(this.standIn.pattern, position, Math.min(PIECE_BYTES, bytes - position));
        position += piece.byteLength;
        socket.write(piece, pumpSoon);
      }
    };
    socket.write(http1Head(bytes));
    pump();
  }
}

function begins(head: Buffer, start: Buffer): boolean {
  return (
    head.byteLength > start.byteLength && head.compare(start, 0, start.byteLength, 0, start.byteLength) === 0
  );
}
