// One event of a watch: a line of JSON, always as long, that says whose it is, which one, and when it left. Whoever reads it
// compares all the rest with what it has to be.

/** What a small object comes to, with its managed fields left out. */
export const EVENT_BYTES = 1024;

/** Its place in the line, and how many digits it has. */
interface Field {
  readonly at: number;
  readonly digits: number;
}

const DIGITS = { watch: 6, sequence: 8, sentUs: 16 } as const;
const BEFORE_WATCH =
  '{"type":"MODIFIED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"w-';
const BEFORE_SEQUENCE = '","namespace":"default","resourceVersion":"';
const BEFORE_SENT = '","annotations":{"bench/sent-us":"';
const BEFORE_TEXT = '"}},"data":{"text":"';
const END = '"}}}\n';

const WATCH: Field = { at: BEFORE_WATCH.length, digits: DIGITS.watch };
const SEQUENCE: Field = { at: WATCH.at + WATCH.digits + BEFORE_SEQUENCE.length, digits: DIGITS.sequence };
const SENT: Field = { at: SEQUENCE.at + SEQUENCE.digits + BEFORE_SENT.length, digits: DIGITS.sentUs };

const TEMPLATE = template();
/** What is the same in each event, piece by piece. */
const FIXED: readonly (readonly [number, number])[] = [
  [0, WATCH.at],
  [WATCH.at + WATCH.digits, SEQUENCE.at],
  [SEQUENCE.at + SEQUENCE.digits, SENT.at],
  [SENT.at + SENT.digits, EVENT_BYTES],
];

export interface WatchEvent {
  readonly watch: number;
  /** From 1 on, of each watch by itself. */
  readonly sequence: number;
  /** As `monotonicUs` tells it. */
  readonly sentUs: number;
}

/** CLOCK_MONOTONIC: one clock for all processes of a machine, and none that is ever set. Microseconds. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

export function encodeEvent({ watch, sequence, sentUs }: WatchEvent): Buffer {
  const bytes = Buffer.allocUnsafe(EVENT_BYTES);
  TEMPLATE.copy(bytes);
  put(bytes, WATCH, watch);
  put(bytes, SEQUENCE, sequence);
  put(bytes, SENT, sentUs);
  return bytes;
}

/** @throws Error for bytes that are not exactly one event */
export function decodeEvent(bytes: Buffer): WatchEvent {
  const isWhole =
    bytes.byteLength === EVENT_BYTES &&
    FIXED.every(([start, end]) => bytes.compare(TEMPLATE, start, end, start, end) === 0);
  if (!isWhole) throw new Error('what came is not an event');
  return { watch: take(bytes, WATCH), sequence: take(bytes, SEQUENCE), sentUs: take(bytes, SENT) };
}

function template(): Buffer {
  const head =
    BEFORE_WATCH +
    '0'.repeat(DIGITS.watch) +
    BEFORE_SEQUENCE +
    '0'.repeat(DIGITS.sequence) +
    BEFORE_SENT +
    '0'.repeat(DIGITS.sentUs) +
    BEFORE_TEXT;
  const text = 'ships leave the harbour with the tide; '.repeat(EVENT_BYTES / 32);
  return Buffer.from(head + text.slice(0, EVENT_BYTES - head.length - END.length) + END, 'latin1');
}

function put(bytes: Buffer, { at, digits }: Field, value: number): void {
  bytes.write(String(value).padStart(digits, '0'), at, digits, 'latin1');
}

function take(bytes: Buffer, { at, digits }: Field): number {
  return Number(bytes.toString('latin1', at, at + digits));
}
