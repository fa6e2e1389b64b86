// One client's request, whatever HTTP version carries it: what the chain reads, and how the answer goes back.
import type { HeaderList, StatusOptions } from '../../http/index.ts';
import type { Placed } from '../../memory/index.ts';

/** Who hears what the client does after its request's head. */
export interface ExchangeListener {
  onBody(chunk: Buffer): void;
  onBodyEnd(): void;
  /** After `write` answered false. */
  onWritable(): void;
  /** The client went away before the answer was whole. Nothing more can be sent. */
  onGone(): void;
}

export interface Exchange extends Placed {
  /** As Node says it: `1.1`, `2.0`, or what the chain refuses. */
  readonly httpVersion: string;
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  /** Flat name/value list as it was sent, HTTP/2's pseudo-headers among them. */
  readonly rawHeaders: readonly string[];
  /** HTTP/2 knows it from the frame; HTTP/1.1's headers tell. */
  readonly hasBody: boolean | undefined;
  /** TLS server name, lower case; empty when the client sent none. */
  readonly serverName: string;
  readonly remoteAddress: string;
  /** Whether the client asked to switch protocols: then the body is what comes after the 101. */
  readonly isUpgrade: boolean;

  /** Whether the client went away already: `listen` would come too late to hear of it. */
  readonly isGone: boolean;

  /** Begins to read the body, if the head announced one; before this nothing of it is read. */
  listen(listener: ExchangeListener, hasBody: boolean): void;
  pauseBody(): void;
  resumeBody(): void;

  /** The answer's head. 101 only for an upgrade. */
  respond(status: number, headers: HeaderList): void;
  /** Whether something that was written has not left yet: what is written now waits behind it. */
  readonly isBehind: boolean;
  /** @returns false when the writer should wait for onWritable. */
  write(chunk: Buffer): boolean;
  /** The answer is whole. `closeConnection` when the request's body was not read to its end (security S6). */
  end(closeConnection: boolean): void;
  /** Whether an end now would leave out what the protocol ends with: the session was cut somewhere behind the tunnel. */
  readonly isCutShort: boolean;
  /** Breaks the answer off so that the client cannot take it for whole, and says why where its protocol has room. */
  abort(why?: StatusOptions): void;
}

/** Hears once of each exchange that it is over, its answer handed to the operating system or its client gone. */
export type OnClosed = (exchange: Exchange) => void;
