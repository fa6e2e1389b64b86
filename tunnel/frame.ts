// Frames as SPEC.md §2 draws them: the header's layout, the table of types and what each allows.

export const FRAME_HEADER_BYTES = 8;

export const FRAME = {
  HELLO: 1,
  OPEN: 2,
  HEAD: 3,
  DATA: 4,
  END: 5,
  RESET: 6,
  CREDIT: 7,
  PING: 8,
  PONG: 9,
  GOAWAY: 10,
} as const;

export const HELLO_BYTES = 16;
export const PING_BYTES = 8;
const GOAWAY_FIXED_BYTES = 8;
const MAX_PAYLOAD = 0xffff;

/** §2.3: for each type the stream it belongs on and the lengths its payload may have. Indexed by type. */
interface FrameRule {
  readonly onControlStream: boolean;
  readonly minBytes: number;
  readonly maxBytes: number;
}

export const FRAME_RULES: readonly (FrameRule | undefined)[] = [
  undefined,
  { onControlStream: true, minBytes: HELLO_BYTES, maxBytes: HELLO_BYTES },
  { onControlStream: false, minBytes: 1, maxBytes: MAX_PAYLOAD },
  { onControlStream: false, minBytes: 1, maxBytes: MAX_PAYLOAD },
  { onControlStream: false, minBytes: 1, maxBytes: MAX_PAYLOAD },
  { onControlStream: false, minBytes: 0, maxBytes: 0 },
  { onControlStream: false, minBytes: 4, maxBytes: 4 },
  { onControlStream: false, minBytes: 4, maxBytes: 4 },
  { onControlStream: true, minBytes: PING_BYTES, maxBytes: PING_BYTES },
  { onControlStream: true, minBytes: PING_BYTES, maxBytes: PING_BYTES },
  { onControlStream: true, minBytes: GOAWAY_FIXED_BYTES, maxBytes: GOAWAY_FIXED_BYTES + 256 },
];

export interface Hello {
  readonly maxStreams: number;
  readonly initialWindowBytes: number;
  /** The sender's wall clock, for skew warnings; never trusted for more. */
  readonly wallClockMs: number;
}

export interface GoAway {
  readonly code: number;
  readonly delayMs: number;
  readonly reason: string;
}
