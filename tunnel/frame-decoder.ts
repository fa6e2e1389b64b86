// Reads the frames of one message. Everything that SPEC.md §2 calls malformed becomes a TunnelError here.
import { TunnelError } from './codes.ts';
import { FRAME, FRAME_HEADER_BYTES, FRAME_RULES } from './frame.ts';
import type { GoAway, Hello } from './frame.ts';
import { MAX_CREDIT, MAX_PEER_STREAMS, MIN_INITIAL_WINDOW_BYTES } from './limits.ts';

/** Receives the frames of a message in order. Payloads are views of the message. */
export interface FrameSink {
  onHello(hello: Hello): void;
  onOpen(streamId: number, head: Buffer): void;
  onHead(streamId: number, head: Buffer): void;
  onData(streamId: number, chunk: Buffer): void;
  onEnd(streamId: number): void;
  onReset(streamId: number, code: number): void;
  onCredit(streamId: number, bytes: number): void;
  onPing(bytes: Buffer): void;
  onPong(bytes: Buffer): void;
  onGoAway(goAway: GoAway): void;
  /** False ends the reading: the session died in one of the calls above. */
  isOpen(): boolean;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Hands every frame of `message` to `sink`.
 * @throws TunnelError PROTOCOL_ERROR or FRAME_SIZE_ERROR; frames before the bad one have been handed over.
 */
export function decodeMessage(message: Buffer, sink: FrameSink): void {
  const total = message.byteLength;
  if (total === 0) throw new TunnelError('PROTOCOL_ERROR', 'an empty message');
  let at = 0;
  while (at < total && sink.isOpen()) {
    if (total - at < FRAME_HEADER_BYTES)
      throw new TunnelError('PROTOCOL_ERROR', 'a frame header is cut short');
    const type = byte(message, at);
    const flags = byte(message, at + 1);
    const length = (byte(message, at + 2) << 8) | byte(message, at + 3);
    const streamId = message.readUInt32BE(at + 4);
    const rule = FRAME_RULES[type];
    if (rule === undefined) throw new TunnelError('PROTOCOL_ERROR', `unknown frame type ${type}`);
    if (flags !== 0) throw new TunnelError('PROTOCOL_ERROR', 'flags are not zero');
    if (length < rule.minBytes || length > rule.maxBytes) {
      throw new TunnelError('FRAME_SIZE_ERROR', `a frame of type ${type} with ${length} bytes`);
    }
    if (rule.onControlStream !== (streamId === 0)) {
      throw new TunnelError('PROTOCOL_ERROR', `a frame of type ${type} on stream ${streamId}`);
    }
    at += FRAME_HEADER_BYTES;
    if (total - at < length) throw new TunnelError('PROTOCOL_ERROR', 'a payload is cut short');
    deliver(type, streamId, message, at, at + length, sink);
    at += length;
  }
}

// A view of the message costs more than reading a number from it: only frames with a payload of bytes get one.
function deliver(
  type: number,
  streamId: number,
  message: Buffer,
  at: number,
  end: number,
  sink: FrameSink,
): void {
  switch (type) {
    case FRAME.DATA:
      return sink.onData(streamId, message.subarray(at, end));
    case FRAME.OPEN:
      return sink.onOpen(streamId, message.subarray(at, end));
    case FRAME.HEAD:
      return sink.onHead(streamId, message.subarray(at, end));
    case FRAME.END:
      return sink.onEnd(streamId);
    case FRAME.CREDIT:
      return sink.onCredit(streamId, creditOf(message.readUInt32BE(at)));
    case FRAME.RESET:
      return sink.onReset(streamId, message.readUInt32BE(at));
    case FRAME.PING:
      return sink.onPing(message.subarray(at, end));
    case FRAME.PONG:
      return sink.onPong(message.subarray(at, end));
    case FRAME.HELLO:
      return sink.onHello(helloOf(message.subarray(at, end)));
    default:
      return sink.onGoAway(goAwayOf(message.subarray(at, end)));
  }
}

// SPEC §5.4: the bound of the sum is checked where the sum is kept; a delta alone is bounded here.
function creditOf(bytes: number): number {
  if (bytes === 0) throw new TunnelError('PROTOCOL_ERROR', 'a credit of zero bytes');
  if (bytes > MAX_CREDIT) throw new TunnelError('FLOW_CONTROL_ERROR', 'a credit over 2^31-1');
  return bytes;
}

function helloOf(payload: Buffer): Hello {
  const maxStreams = payload.readUInt32BE(0);
  const initialWindowBytes = payload.readUInt32BE(4);
  const wallClock = payload.readBigUInt64BE(8);
  if (maxStreams === 0 || maxStreams > MAX_PEER_STREAMS) {
    throw new TunnelError('PROTOCOL_ERROR', 'HELLO with a stream count out of bounds');
  }
  if (initialWindowBytes < MIN_INITIAL_WINDOW_BYTES || initialWindowBytes > MAX_CREDIT) {
    throw new TunnelError('PROTOCOL_ERROR', 'HELLO with a window out of bounds');
  }
  if (wallClock > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new TunnelError('PROTOCOL_ERROR', 'HELLO with a clock out of bounds');
  }
  return { maxStreams, initialWindowBytes, wallClockMs: Number(wallClock) };
}

function goAwayOf(payload: Buffer): GoAway {
  try {
    return {
      code: payload.readUInt32BE(0),
      delayMs: payload.readUInt32BE(4),
      reason: utf8.decode(payload.subarray(8)),
    };
  } catch (cause) {
    throw new TunnelError('PROTOCOL_ERROR', 'GOAWAY with a reason that is not UTF-8', { cause });
  }
}

// Callers have checked the bounds; a typed array cannot tell that to the compiler.
function byte(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}
