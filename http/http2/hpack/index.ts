export { HpackDecoder } from './decoder.ts';
export { HpackEncoder, MAX_FIELD_OVERHEAD_BYTES } from './encoder.ts';
