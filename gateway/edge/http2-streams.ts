// How many streams an HTTP/2 connection has: Node keeps count, but does not tell.
import type { Http2Session, ServerHttp2Stream } from 'node:http2';

const counts = new WeakMap<Http2Session, number>();

/** Streams of the connection that have not closed. */
export function http2StreamCount(session: Http2Session): number {
  return counts.get(session) ?? 0;
}

/** To be called once for each stream, when it comes. */
export function countHttp2Stream(stream: ServerHttp2Stream): void {
  const { session } = stream;
  if (session === undefined) return;
  counts.set(session, http2StreamCount(session) + 1);
  stream.once('close', () => counts.set(session, http2StreamCount(session) - 1));
}
