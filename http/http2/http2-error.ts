// The peer broke the rules of HTTP/2.

export type Http2ErrorCode =
  'PROTOCOL_ERROR' | 'FRAME_SIZE_ERROR' | 'FLOW_CONTROL_ERROR' | 'COMPRESSION_ERROR' | 'ENHANCE_YOUR_CALM';

/** Ends its connection, with this code of RFC 9113 §7. */
export class Http2Error extends Error {
  override readonly name = 'Http2Error';
  readonly h2Code: Http2ErrorCode;

  constructor(h2Code: Http2ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.h2Code = h2Code;
  }
}
