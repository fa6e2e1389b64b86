// The multiplexer: frames in, streams out (SPEC.md). One session lives as long as its WebSocket.
import { IdTable } from '../memory/index.ts';
import {
  RESET_CODE,
  resetCodeName,
  SESSION_CODE,
  sessionCodeName,
  StreamRefusedError,
  TunnelError,
} from './codes.ts';
import type { ResetCodeName } from './codes.ts';
import { detached } from './detached.ts';
import { WindowBudget, ReceiveWindow } from './flow-window.ts';
import type { WindowGrowth } from './flow-window.ts';
import { decodeMessage } from './frame-decoder.ts';
import type { FrameSink } from './frame-decoder.ts';
import { FRAME } from './frame.ts';
import type { GoAway, Hello } from './frame.ts';
import { Heartbeat } from './heartbeat.ts';
import { DEFAULT_LIMITS, MAX_CREDIT, MAX_STREAM_ID, MIN_INITIAL_WINDOW_BYTES } from './limits.ts';
import type { TunnelLimits } from './limits.ts';
import { Outbox } from './outbox.ts';
import type { OutboxOwner } from './outbox.ts';
import { checkHead, TunnelStream } from './stream.ts';
import type { StreamHandler, StreamHost } from './stream.ts';
import type { Transport } from './transport.ts';

export type SessionRole = 'gateway' | 'agent';

export interface SessionHandler {
  /** The peer's HELLO has come: streams can be opened. */
  onReady?(peer: Hello): void;
  /** A stream was opened by the gateway: at the agent only. The answer hears the stream's events; without one it is refused. */
  onStream?(stream: TunnelStream, head: Buffer): StreamHandler | undefined;
  /** The peer takes part in no new stream. At the agent: dial anew after `delayMs`. */
  onGoAway?(delayMs: number, reason: string): void;
  /** A stream's handler threw: our own mistake. Its stream was reset, the session goes on. */
  onFault?(error: unknown): void;
  /** Once. Without an error when the session ended in order (SPEC §8.1). */
  onClose?(error: TunnelError | undefined): void;
}

export interface SessionOptions {
  readonly role: SessionRole;
  readonly limits?: Partial<TunnelLimits>;
  /** What windows may grow by, shared with other sessions of this process. */
  readonly growthPool?: WindowBudget;
}

export interface SessionCounters {
  readonly openStreams: number;
  readonly openedStreams: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly windowBytes: number;
}

const NORMAL_CLOSURE = 1000;
const CLOSE_CODE_BASE = 4000;
// Requests under way up to which frames are sent at once instead of collected for a turn of the event loop.
const QUIET_REQUESTS = 2;

export class Session implements FrameSink, StreamHost, OutboxOwner {
  readonly isGateway: boolean;
  readonly limits: TunnelLimits;
  private readonly transport: Transport;
  private readonly handler: SessionHandler;
  private readonly outbox: Outbox;
  private readonly heartbeat: Heartbeat;
  private readonly budget: WindowBudget;
  private readonly growth: WindowGrowth;
  private readonly streams = new IdTable<TunnelStream>();
  private readonly helloTimer: NodeJS.Timeout;
  private peer: Hello | undefined = undefined;
  private lastStreamId = 0;
  // Streams whose answer's head is still to come.
  private unanswered = 0;
  private strayFrames = 0;
  private pings = 0;
  private receivedBytes = 0;
  private goAwaySent = false;
  private goAwayReceived = false;
  private closed = false;

  constructor(transport: Transport, handler: SessionHandler, options: SessionOptions) {
    this.isGateway = options.role === 'gateway';
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { limits } = this;
    checkLimits(limits);
    this.transport = transport;
    this.handler = handler;
    this.outbox = new Outbox(transport, limits, this);
    this.budget = new WindowBudget(limits.MAX_SESSION_WINDOW_BYTES, options.growthPool);
    this.growth = { maxWindowBytes: limits.MAX_STREAM_WINDOW_BYTES, roundTrips: limits.GROWTH_ROUND_TRIPS };
    this.heartbeat = new Heartbeat({
      intervalMs: limits.HEARTBEAT_INTERVAL_MS,
      timeoutMs: limits.HEARTBEAT_TIMEOUT_MS,
      sendPing: (payload) => {
        this.outbox.encoder.ping(FRAME.PING, payload);
        this.outbox.schedule();
      },
      onDead: (error) => this.fail(error),
      onInterval: () => this.newInterval(),
    });
    this.helloTimer = setTimeout(() => {
      this.fail(new TunnelError('HELLO_TIMEOUT', 'the peer sent no HELLO'));
    }, limits.HELLO_TIMEOUT_MS);
    this.outbox.encoder.hello({
      maxStreams: limits.MAX_STREAMS,
      initialWindowBytes: limits.INITIAL_WINDOW_BYTES,
      wallClockMs: Date.now(),
    });
    this.heartbeat.ping();
    this.outbox.flush();
    transport.listen({
      onMessage: (message) => this.receive(message),
      onViolation: (kind, text) => {
        this.fail(new TunnelError(kind === 'text' ? 'UNSUPPORTED_MESSAGE' : 'FLOOD', text));
      },
      onSent: () => this.outbox.onSent(),
      onClose: (code, reason) => this.onTransportClose(code, reason),
    });
  }

  get streamQueueBytes(): number {
    return this.limits.STREAM_QUEUE_BYTES;
  }

  /** Milliseconds, the smallest of the recent samples. */
  get roundTripMs(): number {
    return this.heartbeat.roundTripMs;
  }

  get openStreams(): number {
    return this.streams.size;
  }

  get counters(): SessionCounters {
    return {
      openStreams: this.streams.size,
      openedStreams: this.lastStreamId,
      receivedBytes: this.receivedBytes,
      sentBytes: this.outbox.sentBytes,
      windowBytes: this.budget.usedBytes,
    };
  }

  /** Whether a stream can be opened now (at the gateway), or will be taken (at the agent). */
  get isAccepting(): boolean {
    return !this.closed && this.peer !== undefined && !this.goAwaySent && !this.goAwayReceived;
  }

  /**
   * Opens a stream with an opaque head of 1 to 65,535 bytes. At the gateway only.
   * @throws StreamRefusedError when there is no room for it: nothing was sent. RangeError for a head of another length.
   */
  open(head: Uint8Array, handler: StreamHandler): TunnelStream {
    if (!this.isGateway) throw new TypeError('only the gateway opens streams');
    checkHead(head);
    const { peer } = this;
    if (peer === undefined || !this.isAccepting)
      throw new StreamRefusedError('the tunnel takes no new stream');
    if (this.streams.size >= Math.min(peer.maxStreams, this.limits.MAX_STREAMS)) {
      throw new StreamRefusedError('the tunnel has as many streams as it may');
    }
    if (this.outbox.waitingBytes > this.limits.MAX_CONTROL_QUEUE_BYTES / 2) {
      throw new StreamRefusedError('the tunnel does not drain');
    }
    if (!this.budget.reserve(this.limits.INITIAL_WINDOW_BYTES)) {
      throw new StreamRefusedError('the windows of the tunnel are used up');
    }
    this.lastStreamId += 1;
    const stream = this.createStream(this.lastStreamId, peer);
    stream.handler = handler;
    this.outbox.encoder.payload(FRAME.OPEN, stream.id, head);
    this.outbox.schedule();
    if (this.lastStreamId === MAX_STREAM_ID) this.drain(0, 'stream ids are used up');
    return stream;
  }

  /**
   * Takes part in no new stream; the open ones go on; then the gateway closes the WebSocket (SPEC §8.1). An agent that
   * drains a gateway which never closes has to end the session itself.
   */
  drain(delayMs: number, reason: string): void {
    if (this.closed || this.goAwaySent) return;
    this.goAwaySent = true;
    this.outbox.encoder.goAway({ code: SESSION_CODE.NO_ERROR, delayMs, reason });
    this.outbox.schedule();
    this.closeIfDrained();
  }

  /** Ends the session now. Open streams are told SESSION_LOST. */
  fail(error: TunnelError, delayMs = 0): void {
    if (this.closed) return;
    const code = SESSION_CODE[error.goAwayCode];
    this.outbox.encoder.goAway({ code, delayMs, reason: error.message });
    this.outbox.sendWritten();
    this.end(error, CLOSE_CODE_BASE + code, error.goAwayCode);
  }

  /** Ends the session now, in order: this end stops. Open streams are told SESSION_LOST. */
  close(reason: string): void {
    if (this.closed) return;
    // §8.4
    for (const { id } of this.streams.values())
      this.outbox.encoder.number(FRAME.RESET, id, RESET_CODE.INTERNAL);
    if (!this.goAwaySent) this.outbox.encoder.goAway({ code: SESSION_CODE.NO_ERROR, delayMs: 0, reason });
    this.outbox.sendWritten();
    this.end(undefined, NORMAL_CLOSURE, reason);
  }

  isOpen(): boolean {
    return !this.closed;
  }

  // --- StreamHost ---

  sendHead(stream: TunnelStream, head: Uint8Array): void {
    this.markAnswered(stream);
    this.outbox.encoder.payload(FRAME.HEAD, stream.id, head);
    this.outbox.schedule();
  }

  sendNumber(type: number, streamId: number, value: number): void {
    this.outbox.encoder.number(type, streamId, value);
    this.outbox.schedule();
  }

  wake(stream: TunnelStream): void {
    if (stream.credit.sendable > 0 || stream.isEndDue) {
      this.outbox.add(stream);
    } else if (stream.blockedSinceMs === 0) {
      stream.blockedSinceMs = performance.now();
    }
  }

  grant(stream: TunnelStream): void {
    const bytes = stream.window.grant(performance.now(), this.heartbeat.roundTripMs);
    this.sendNumber(FRAME.CREDIT, stream.id, bytes);
  }

  forget(stream: TunnelStream): void {
    this.streams.delete(stream.id);
    if (!stream.isAnswered) this.unanswered -= 1;
    this.closeIfDrained();
  }

  // --- OutboxOwner ---

  isQuiet(): boolean {
    return this.unanswered <= QUIET_REQUESTS;
  }

  onOverflow(): void {
    if (this.closed) return;
    this.end(new TunnelError('FLOOD', 'the peer does not read what it asks for'));
    this.transport.terminate();
  }

  /** A stream's handler threw: that ends its own stream, nobody else's. */
  onFault(stream: TunnelStream, error: unknown): void {
    stream.reset('INTERNAL');
    this.handler.onFault?.(error);
  }

  // --- FrameSink ---

  onHello(hello: Hello): void {
    if (this.peer !== undefined) throw new TunnelError('PROTOCOL_ERROR', 'a second HELLO');
    this.peer = hello;
    clearTimeout(this.helloTimer);
    this.handler.onReady?.(hello);
  }

  onOpen(streamId: number, head: Buffer): void {
    const peer = this.requirePeer();
    if (this.isGateway) throw new TunnelError('PROTOCOL_ERROR', 'OPEN sent to a gateway');
    if (streamId <= this.lastStreamId)
      throw new TunnelError('STREAM_ID_ERROR', 'a stream id that does not grow');
    if (streamId > MAX_STREAM_ID) throw new TunnelError('STREAM_ID_ERROR', 'a stream id over 2^31-1');
    this.lastStreamId = streamId;
    const full = this.streams.size >= this.limits.MAX_STREAMS;
    if (full || this.goAwaySent || !this.budget.reserve(this.limits.INITIAL_WINDOW_BYTES)) {
      this.sendNumber(FRAME.RESET, streamId, RESET_CODE.REFUSED);
      return;
    }
    const stream = this.createStream(streamId, peer);
    try {
      const handler = this.handler.onStream?.(stream, head);
      if (handler === undefined) stream.reset('REFUSED');
      else if (!stream.isClosed) stream.handler = handler;
    } catch (error) {
      this.onFault(stream, error);
    }
  }

  onHead(streamId: number, head: Buffer): void {
    this.requirePeer();
    if (!this.isGateway) throw new TunnelError('PROTOCOL_ERROR', 'HEAD sent to an agent');
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.stray(streamId, false);
    if (stream.isAnswered) throw new TunnelError('PROTOCOL_ERROR', 'a second HEAD');
    this.markAnswered(stream);
    try {
      stream.handler.onHead?.(head);
    } catch (error) {
      this.onFault(stream, error);
    }
  }

  onData(streamId: number, chunk: Buffer): void {
    const stream = this.findForBody(streamId);
    if (stream === undefined) return this.stray(streamId, true);
    const { window } = stream;
    // Where a reader is behind, what waits for it must not keep a whole message in memory for a few bytes of it.
    const waits = window.bufferedBytes > 0;
    window.receive(chunk.byteLength);
    try {
      stream.handler.onData(waits ? detached(chunk) : chunk);
    } catch (error) {
      this.onFault(stream, error);
    }
  }

  onEnd(streamId: number): void {
    const stream = this.findForBody(streamId);
    if (stream === undefined) return this.stray(streamId, false);
    try {
      stream.peerEnded();
    } catch (error) {
      this.onFault(stream, error);
    }
  }

  onReset(streamId: number, code: number): void {
    this.requirePeer();
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.stray(streamId, false);
    this.closeStream(stream, resetCodeName(code));
  }

  onCredit(streamId: number, bytes: number): void {
    this.requirePeer();
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.stray(streamId, false);
    stream.credit.add(bytes);
    if (stream.queuedBytes === 0) return;
    // Credit that is not enough for a frame does not count: it would keep a stalled stream alive for ever.
    if (stream.credit.sendable > 0) stream.blockedSinceMs = 0;
    this.wake(stream);
  }

  onPing(bytes: Buffer): void {
    this.requirePeer();
    this.pings += 1;
    if (this.pings > this.limits.MAX_PINGS) throw new TunnelError('FLOOD', 'too many PINGs');
    this.outbox.encoder.ping(FRAME.PONG, bytes);
    this.outbox.schedule();
  }

  onPong(bytes: Buffer): void {
    this.requirePeer();
    this.heartbeat.pong(bytes);
  }

  onGoAway(goAway: GoAway): void {
    this.requirePeer();
    const code = sessionCodeName(goAway.code);
    if (code !== 'NO_ERROR') {
      const error = new TunnelError(code, `the peer ended the session: ${goAway.reason}`, { fromPeer: true });
      return this.end(error, NORMAL_CLOSURE, '');
    }
    if (this.goAwayReceived) throw new TunnelError('PROTOCOL_ERROR', 'a second GOAWAY');
    this.goAwayReceived = true;
    this.handler.onGoAway?.(goAway.delayMs, goAway.reason);
    this.closeIfDrained();
  }

  // --- private ---

  private createStream(id: number, peer: Hello): TunnelStream {
    const now = performance.now();
    const window = new ReceiveWindow(this.limits.INITIAL_WINDOW_BYTES, this.budget, this.growth, now);
    const stream = new TunnelStream(id, this, peer.initialWindowBytes, window);
    this.streams.add(id, stream);
    this.unanswered += 1;
    return stream;
  }

  private markAnswered(stream: TunnelStream): void {
    stream.isAnswered = true;
    this.unanswered -= 1;
  }

  private requirePeer(): Hello {
    if (this.peer === undefined) throw new TunnelError('PROTOCOL_ERROR', 'a frame before HELLO');
    return this.peer;
  }

  private findForBody(streamId: number): TunnelStream | undefined {
    this.requirePeer();
    const stream = this.streams.get(streamId);
    if (stream === undefined) return undefined;
    if (stream.remoteEnded) throw new TunnelError('PROTOCOL_ERROR', 'a frame after END');
    if (this.isGateway && !stream.isAnswered) throw new TunnelError('PROTOCOL_ERROR', 'a body before HEAD');
    return stream;
  }

  // §4.7
  private stray(streamId: number, answer: boolean): void {
    const recent = streamId <= this.lastStreamId && streamId > this.lastStreamId - this.limits.RECENT_STREAMS;
    if (recent) return;
    this.strayFrames += 1;
    if (this.strayFrames > this.limits.MAX_STRAY_FRAMES) {
      throw new TunnelError('STREAM_ID_ERROR', 'too many frames of streams that are not open');
    }
    if (answer) this.sendNumber(FRAME.RESET, streamId, RESET_CODE.STREAM_CLOSED);
  }

  private closeStream(stream: TunnelStream, code: ResetCodeName): void {
    try {
      stream.closeWith(code);
    } catch (error) {
      this.onFault(stream, error);
    }
  }

  private receive(message: Buffer): void {
    if (this.closed) return;
    this.receivedBytes += message.byteLength;
    try {
      decodeMessage(message, this);
    } catch (error) {
      if (error instanceof TunnelError) return this.fail(error);
      this.fail(new TunnelError('INTERNAL', 'a frame could not be handled', { cause: error }));
    }
  }

  private newInterval(): void {
    this.strayFrames = 0;
    this.pings = 0;
    this.transport.newInterval();
    this.outbox.newInterval();
    const stalledSince = performance.now() - this.limits.STALLED_STREAM_TIMEOUT_MS;
    for (const stream of this.streams.values()) {
      if (stream.blockedSinceMs === 0 || stream.blockedSinceMs > stalledSince) continue;
      this.sendNumber(FRAME.RESET, stream.id, RESET_CODE.STALLED);
      this.closeStream(stream, 'STALLED');
    }
  }

  private closeIfDrained(): void {
    if (this.closed || this.streams.size > 0 || !(this.goAwaySent || this.goAwayReceived)) return;
    if (!this.isGateway) return;
    this.outbox.flush();
    this.end(undefined, NORMAL_CLOSURE, 'drained');
  }

  private onTransportClose(code: number, reason: string): void {
    if (this.closed) return;
    const orderly =
      code === NORMAL_CLOSURE && (this.goAwaySent || this.goAwayReceived) && this.streams.size === 0;
    this.end(
      orderly
        ? undefined
        : new TunnelError(
            'TRANSPORT_LOST',
            `the WebSocket closed with ${code}${reason === '' ? '' : ` ${reason}`}`,
          ),
    );
  }

  // Whoever is told here finds the session closed already, and what it throws stops nobody else from being told.
  private end(error: TunnelError | undefined, closeCode = 0, closeReason = ''): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.helloTimer);
    this.heartbeat.stop();
    if (closeCode !== 0) this.transport.close(closeCode, closeReason);
    for (const stream of this.streams.values()) this.closeStream(stream, 'SESSION_LOST');
    this.streams.clear();
    this.handler.onClose?.(error);
  }
}

function checkLimits(limits: TunnelLimits): void {
  if (limits.INITIAL_WINDOW_BYTES < MIN_INITIAL_WINDOW_BYTES)
    throw new RangeError('INITIAL_WINDOW_BYTES is too small');
  if (limits.MAX_STREAM_WINDOW_BYTES > MAX_CREDIT)
    throw new RangeError('MAX_STREAM_WINDOW_BYTES is over 2^31-1');
}
