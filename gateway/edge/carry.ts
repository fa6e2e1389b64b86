// Joins a client's exchange to a stream of the tunnel, both ways, with backpressure. Hot path: no closure for each chunk.
import type { VerifiedToken } from '../../auth/index.ts';
import {
  answerHasBody,
  checkDeclinedUpgrade,
  checkSwitchingProtocols,
  decodeAnswerHead,
  filterAnswerHeaders,
} from '../../http/index.ts';
import type { AnswerHead, HeaderList, StatusOptions, UpgradeToken } from '../../http/index.ts';
import { countReceived } from '../../memory/index.ts';
import type { Placed } from '../../memory/index.ts';
import { detached } from '../../tunnel/index.ts';
import type { ResetCodeName, StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { brokenOffNotice, isTokenEnd, unansweredNotice } from './end-notice.ts';
import type { EndCode, OwnEnd, TokenEnd } from './end-notice.ts';
import type { Exchange, ExchangeListener } from './exchange.ts';

/** How an exchange ended, for counters and logs. */
export type CarryOutcome = 'answered' | 'client_gone' | 'broken';

export interface CarryOptions {
  readonly exchange: Exchange;
  readonly hasBody: boolean;
  readonly upgrade: '' | UpgradeToken;
  /** Of the path route: redirects are put below it. Empty for the others. */
  readonly pathPrefix: string;
  /** For what the client is told when its answer does not come, or breaks off. */
  readonly requestId: string;
  /** The stream ended before an answer began: the caller says so to the client. */
  readonly onUnanswered: (notice: StatusOptions) => void;
  /** Whose request it is: the stream ends with this token. */
  readonly token: VerifiedToken;
  /** It ends because its token does, or is no longer wanted. Before onDone. */
  readonly onTokenEnd: (why: TokenEnd) => void;
  readonly onDone: (outcome: CarryOutcome, status: number) => void;
}

/** How much earlier than here a token may expire at its agent: tolerance and clocks of both. */
const CLOCKS_APART_MS = 120_000;

export class Carry implements StreamHandler, ExchangeListener, Placed {
  slot = -1;
  /** When the last byte of the request's body came, ms of the monotonic clock; Infinity when none is awaited. */
  bodyWaitSinceMs: number;
  private readonly exchange: Exchange;
  private readonly options: CarryOptions;
  private stream: TunnelStream | undefined = undefined;
  private bodyPaused = false;
  private bodyEnded: boolean;
  private owedBytes = 0;
  // What is still to come of an announced length; Infinity when none was announced.
  private missingBytes = Infinity;
  private status = 0;
  // Of a switched connection: what comes from the cluster is over, what goes there is not.
  private answerEnded = false;
  private done = false;

  constructor(options: CarryOptions) {
    this.options = options;
    this.exchange = options.exchange;
    this.bodyEnded = !options.hasBody && !options.exchange.isUpgrade;
    this.bodyWaitSinceMs = options.hasBody ? performance.now() : Infinity;
  }

  /** The stream is open: begin to read the client's body. */
  start(stream: TunnelStream): void {
    this.stream = stream;
    if (this.bodyEnded) stream.end();
    this.exchange.listen(this, this.options.hasBody);
  }

  // --- from the tunnel ---

  onHead(bytes: Buffer): void {
    try {
      const head = decodeAnswerHead(bytes);
      const headers = this.checkAnswer(head);
      // Before the answer: with a 101, what the client had sent early comes at once.
      this.status = head.status;
      this.missingBytes = announcedBytes(this.exchange.method, head.status, headers);
      this.exchange.respond(head.status, headers);
    } catch {
      this.status = 0;
      this.stream?.reset('BAD_HEAD');
      this.unanswered('BAD_HEAD');
    }
  }

  onData(chunk: Buffer): void {
    this.missingBytes -= chunk.byteLength;
    if (this.missingBytes < 0) return this.wrongLength();
    try {
      // Node takes many small chunks before it says stop.
      const kept = this.exchange.isBehind ? detached(chunk) : chunk;
      if (this.exchange.write(kept) && this.owedBytes === 0) this.stream?.consume(chunk.byteLength);
      else this.owedBytes += chunk.byteLength;
    } catch (error) {
      this.fault(error);
    }
  }

  onEnd(): void {
    if (this.missingBytes > 0 && this.missingBytes !== Infinity) return this.wrongLength();
    try {
      this.endAnswer();
    } catch (error) {
      this.fault(error);
    }
  }

  // The agent has one word for a token that expired and for one that it no longer wants (SPEC §4): the time tells them apart.
  onReset(code: ResetCodeName): void {
    const isEarly = code === 'EXPIRED' && this.token.expiresAtMs - Date.now() > CLOCKS_APART_MS;
    this.breakOff(isEarly ? 'AGENT_DENIED' : code);
  }

  onDrain(): void {
    if (!this.bodyPaused) return;
    this.bodyPaused = false;
    this.awaitBody();
    this.exchange.resumeBody();
  }

  // --- from the client ---

  onBody(chunk: Buffer): void {
    const { stream } = this;
    if (stream === undefined || stream.isClosed) return;
    this.awaitBody();
    countReceived(chunk.byteLength);
    if (stream.write(chunk)) return;
    this.bodyPaused = true;
    this.bodyWaitSinceMs = Infinity;
    this.exchange.pauseBody();
  }

  onBodyEnd(): void {
    this.bodyEnded = true;
    this.bodyWaitSinceMs = Infinity;
    this.stream?.end();
    if (this.answerEnded) this.finish('answered');
  }

  onWritable(): void {
    const owed = this.owedBytes;
    this.owedBytes = 0;
    if (owed > 0) this.stream?.consume(owed);
  }

  onGone(): void {
    this.stream?.reset('CANCEL');
    this.finish(this.answerEnded ? 'answered' : 'client_gone');
  }

  get token(): VerifiedToken {
    return this.options.token;
  }

  /** This end gives up: a client that sends no more of a body that it announced (security D1), or a gateway that stops. */
  giveUp(why: OwnEnd): void {
    this.stream?.reset('CANCEL');
    this.breakOff(why);
  }

  // --- private ---

  // What a client says on a switched connection is no body: it may be silent for as long as it likes.
  private awaitBody(): void {
    const isAwaited = !this.bodyEnded && this.status !== 101;
    this.bodyWaitSinceMs = isAwaited ? performance.now() : Infinity;
  }

  // An agent's word is checked like a client's (security T10): it may switch protocols only where the client asked for it (U1).
  private checkAnswer(head: AnswerHead): HeaderList {
    const { upgrade, pathPrefix } = this.options;
    if (head.status === 101) return checkSwitchingProtocols(upgrade, head.status, head.headers);
    if (upgrade !== '') checkDeclinedUpgrade(head.status);
    return filterAnswerHeaders(head.status, head.headers, pathPrefix === '' ? undefined : { pathPrefix });
  }

  private endAnswer(): void {
    const { stream } = this;
    const unread = !this.bodyEnded;
    if (unread && this.exchange.isCutShort) {
      stream?.reset('CANCEL');
      return this.breakOff('UPSTREAM_LOST');
    }
    // A switched connection ends each direction by itself.
    if (unread && this.status === 101) {
      this.answerEnded = true;
      this.exchange.end(false);
      return;
    }
    this.exchange.end(unread);
    if (unread) stream?.reset('CANCEL');
    this.finish('answered');
  }

  // A body that is not as long as it said would leave bytes on the connection for the next answer, or take that one's.
  private wrongLength(): void {
    this.stream?.reset('INTERNAL');
    this.breakOff('INTERNAL');
  }

  private breakOff(code: EndCode): void {
    if (this.done) return;
    if (isTokenEnd(code)) this.options.onTokenEnd(code);
    if (this.status === 0) return this.unanswered(code);
    this.exchange.abort(brokenOffNotice(code, this.options.requestId));
    this.finish(this.answerEnded ? 'answered' : 'broken');
  }

  // Our own mistake: the session resets the stream and tells nobody, so the client is told here.
  private fault(error: unknown): never {
    this.exchange.abort();
    this.finish('broken');
    throw error;
  }

  private unanswered(code: EndCode): void {
    if (this.done) return;
    this.finish('broken');
    this.options.onUnanswered(unansweredNotice(code, this.options.requestId));
  }

  private finish(outcome: CarryOutcome): void {
    if (this.done) return;
    this.done = true;
    this.bodyWaitSinceMs = Infinity;
    this.options.onDone(outcome, this.status);
  }
}

function announcedBytes(method: string, status: number, headers: HeaderList): number {
  const at = headers.lastIndexOf('content-length');
  return at < 0 || !answerHasBody(method, status) ? Infinity : Number(headers[at + 1]);
}
