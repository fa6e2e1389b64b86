// An answer over HTTP/2 that breaks off. RST_STREAM carries a number alone; what a user can be told goes into a GOAWAY
// (RFC 9113 §6.8), which Go's client shows when the connection closes after it, and takes for a connection that was lost:
// a watch is resumed then, where a reset would be shown as an event of the watch.
import { constants } from 'node:http2';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { statusMessage } from '../../http/index.ts';
import type { StatusOptions } from '../../http/index.ts';
import { http2StreamCount } from './http2-streams.ts';

interface Broken {
  readonly streams: ServerHttp2Stream[];
  readonly why: StatusOptions;
}

// A tunnel that is lost breaks all its streams within one turn of the event loop.
const brokenThisTurn = new WeakMap<Http2Session, Broken>();

/** Resets the stream, unless nothing else runs on its connection, which then closes with the reason. */
export function breakOffHttp2(stream: ServerHttp2Stream, why: StatusOptions): void {
  const { session } = stream;
  if (session === undefined) return resetHttp2(stream);
  const broken = brokenThisTurn.get(session);
  if (broken !== undefined) {
    broken.streams.push(stream);
    return;
  }
  brokenThisTurn.set(session, { streams: [stream], why });
  setImmediate(() => settle(session));
}

function settle(session: Http2Session): void {
  const broken = brokenThisTurn.get(session);
  brokenThisTurn.delete(session);
  if (broken === undefined) return;
  const open = broken.streams.filter((stream) => !stream.destroyed && !stream.closed);
  if (open.length === 0) return;
  if (session.destroyed || open.length < http2StreamCount(session)) return open.forEach(resetHttp2);
  // Streams that the client opens meanwhile are above the last one that this names: it sends them again by itself.
  session.goaway(constants.NGHTTP2_INTERNAL_ERROR, 0, Buffer.from(statusMessage(broken.why)));
  // Closed first: destroyed alone, the socket would be torn down under answers that are whole and still on their way.
  session.close();
  session.destroy();
}

// Node ends the stream before it resets it, and a client would take the answer for whole. While trailers are awaited
// there is no END_STREAM, so the reset is what the client sees.
export function resetHttp2(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}
