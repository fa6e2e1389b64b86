// Which part of the work a place in a CPU profile belongs to: ours by folder, Node.js and packages by what they do. Pure.

/** Time in which the process waited, or in which it was measured, is no work. */
export const NO_WORK = ['waiting', 'the measurement itself'] as const;

export interface Place {
  readonly functionName: string;
  /** From the root of the repository, `node:…`, or `package/…`; empty for what is not JavaScript. */
  readonly file: string;
}

const V8_PARTS: ReadonlyMap<string, string> = new Map([
  ['(idle)', 'waiting'],
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'outside JavaScript: V8, libuv, TLS reads'],
]);

/** Of the native functions under a stream: each encrypts and writes to the socket before it returns. */
const NATIVE_WRITES = /^(writev|writeBuffer|write\w*String)$/;

const OUR_FOLDER = /^(gateway\/edge|gateway|tunnel|http|auth|relay-agent|observe|cli)\//;
/** The first that fits. */
const FILE_PARTS: readonly (readonly [RegExp, string])[] = [
  [/^(bench\/|node:inspector)/, 'the measurement itself'],
  [/^ws\//, 'package ws: WebSocket frames'],
  [/^(undici\/|wasm:)/, 'package undici: HTTP as a client'],
  [/^node:(_http|internal\/http$)/, 'node:http: parsing and writing HTTP/1.1'],
  [/^node:(http2|internal\/http2)/, 'node:http2'],
  [
    /^node:(net|tls|_tls|internal\/tls|internal\/stream_base_commons|internal\/crypto|crypto)/,
    'node:net, node:tls: sockets',
  ],
  [/^node:(internal\/)?streams?/, 'node:stream'],
  [/^node:(internal\/)?buffer/, 'node:buffer'],
  [/^node:(events|internal\/(timers|process|async))|^node:timers/, 'node: events, timers, ticks'],
  [/^node:/, 'node: other'],
];
const OTHER = 'other';

/** @param stack the place itself, then its callers: what is not JavaScript belongs to whoever called it */
export function partOf(stack: readonly Place[]): string {
  const [place] = stack;
  if (place === undefined) return OTHER;
  const ofV8 = V8_PARTS.get(place.functionName);
  if (ofV8 !== undefined && place.file === '') return ofV8;
  const caller = stack.find(({ file }) => file !== '');
  if (caller === undefined) return OTHER;
  if (place.file === '' && NATIVE_WRITES.test(place.functionName) && isSocketWriter(caller.file)) {
    return 'TLS writes: encryption and the system call';
  }
  const ours = OUR_FOLDER.exec(caller.file)?.[1];
  if (ours !== undefined) return `our ${ours}/`;
  return FILE_PARTS.find(([pattern]) => pattern.test(caller.file))?.[1] ?? OTHER;
}

function isSocketWriter(file: string): boolean {
  return /^node:(net|internal\/stream_base_commons)$/.test(file);
}
