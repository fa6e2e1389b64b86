// What RFC 9113 §6 says of a frame by itself: the stream that it may be of, and its size. For a client.
import { FLAG, FRAME } from './frame.ts';
import { Http2Error } from './http2-error.ts';

const SETTING_BYTES = 6;
const NUMBER_BYTES = 4;
const PING_BYTES = 8;
const MIN_GOAWAY_BYTES = 8;

/**
 * DATA, HEADERS and CONTINUATION are not looked at here; what is not known passes (§5.5).
 *
 * @param bytes of the payload
 * @throws Http2Error
 */
export function checkFrame(type: number, flags: number, streamId: number, bytes: number): void {
  switch (type) {
    case FRAME.RST_STREAM:
    case FRAME.WINDOW_UPDATE:
      return checkSize(bytes === NUMBER_BYTES);
    case FRAME.SETTINGS:
      checkOfConnection(streamId);
      return checkSize((flags & FLAG.ACK) === 0 ? bytes % SETTING_BYTES === 0 : bytes === 0);
    case FRAME.PING:
      checkOfConnection(streamId);
      return checkSize(bytes === PING_BYTES);
    case FRAME.GOAWAY:
      checkOfConnection(streamId);
      return checkSize(bytes >= MIN_GOAWAY_BYTES);
    case FRAME.PUSH_PROMISE:
      throw new Http2Error('PROTOCOL_ERROR', 'a push that nobody allowed');
    default:
  }
}

function checkOfConnection(streamId: number): void {
  if (streamId !== 0) throw new Http2Error('PROTOCOL_ERROR', 'a frame of the connection in a stream');
}

function checkSize(isRight: boolean): void {
  if (!isRight) throw new Http2Error('FRAME_SIZE_ERROR', 'a frame of a wrong size');
}
