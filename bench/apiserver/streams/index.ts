export { PatternSink, sendPattern } from './forward-bytes.ts';
export {
  EXEC_PATH,
  EXEC_SUBPROTOCOL,
  FORWARD_MESSAGE_BYTES,
  FORWARD_SUBPROTOCOL,
  forwardPath,
  STDIN_CHANNEL,
  STDOUT_CHANNEL,
  streamRequest,
  watchPath,
} from './stream-paths.ts';
export type { ForwardDirection, StreamRequest } from './stream-paths.ts';
export { startStreamServer, UPLOAD_RIGHT, UPLOAD_WRONG } from './stream-server.ts';
export type { StreamStandIn } from './stream-server.ts';
export { WatchBoard } from './watch-board.ts';
export type { Storm, Watcher } from './watch-board.ts';
export { decodeEvent, encodeEvent, EVENT_BYTES, monotonicUs } from './watch-event.ts';
export type { WatchEvent } from './watch-event.ts';
export { acceptValue, frameHeader, WebsocketReader } from './websocket-frames.ts';
export type { FrameSide, FrameSink } from './websocket-frames.ts';
