export {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  H2_ERROR,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  PREFACE,
  SETTING,
} from './frame.ts';
export { checkFrame } from './frame-check.ts';
export { FrameReader } from './frame-reader.ts';
export type { FrameSink } from './frame-reader.ts';
export { FrameWriter } from './frame-writer.ts';
export { HeaderBlock } from './header-block.ts';
export { HpackDecoder, HpackEncoder } from './hpack/index.ts';
export { Http2Error } from './http2-error.ts';
