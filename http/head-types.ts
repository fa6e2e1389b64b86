// What travels through a tunnel instead of HTTP text: nothing is parsed twice, so nothing can be smuggled.

/** Flat `[name, value, name, value, ...]`: order and multiplicity kept, one latin1 character a byte. */
export type HeaderList = string[];

export type UpgradeToken = 'websocket' | 'SPDY/3.1';

export interface RequestHead {
  /** One of METHODS. */
  readonly method: string;
  /** Origin-form, byte for byte what the client sent, without the path prefix of the route. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: HeaderList;
  /** Bytes of the body: 0 none, more a known Content-Length, -1 unknown (chunked, or HTTP/2 without a length). */
  readonly bodyLength: number;
  /** Empty for an ordinary request. */
  readonly upgrade: '' | UpgradeToken;
  /** 1 to 36 characters of `A-Z a-z 0-9 -`. */
  readonly requestId: string;
}

export interface AnswerHead {
  /** 101, or 200 to 599. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderList;
}
