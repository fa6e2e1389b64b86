// What this end asks of the apiserver, and what it takes from it (RFC 9113 §6.5.2).
import { DEFAULT_MAX_FRAME_BYTES, Http2Error, MAX_WINDOW_BYTES, SETTING } from '../../http/index.ts';
import { HTTP2_LIMITS } from './limits.ts';

const MAX_FRAME_SIZE = 2 ** 24 - 1;

/** The payload of this end's SETTINGS. */
export function settingsPayload(): Buffer {
  const settings = [
    [SETTING.ENABLE_PUSH, 0],
    [SETTING.INITIAL_WINDOW_SIZE, HTTP2_LIMITS.STREAM_WINDOW_BYTES],
    [SETTING.MAX_FRAME_SIZE, HTTP2_LIMITS.MAX_FRAME_BYTES],
    [SETTING.MAX_HEADER_LIST_SIZE, HTTP2_LIMITS.MAX_BLOCK_BYTES],
  ] as const;
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], at) => {
    payload.writeUInt16BE(id, at * 6);
    payload.writeUInt32BE(value, at * 6 + 2);
  });
  return payload;
}

/** @returns the setting's id. @throws Http2Error for a value that it may not have */
export function checkSetting(id: number, value: number): number {
  if (id === SETTING.INITIAL_WINDOW_SIZE && value > MAX_WINDOW_BYTES) {
    throw new Http2Error('FLOW_CONTROL_ERROR', 'a window that is too large');
  }
  // RFC 9113 §6.5.2: a server may not turn it on.
  if (id === SETTING.ENABLE_PUSH && value !== 0)
    throw new Http2Error('PROTOCOL_ERROR', 'a push that nobody allowed');
  if (id === SETTING.MAX_FRAME_SIZE && (value < DEFAULT_MAX_FRAME_BYTES || value > MAX_FRAME_SIZE)) {
    throw new Http2Error('PROTOCOL_ERROR', 'a frame size that is not allowed');
  }
  return id;
}
