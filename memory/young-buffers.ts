// Bytes on their way are in buffers outside of V8's heap, which only a collection of garbage gives back. The heap itself hardly grows
// meanwhile, so that the buffers reach V8's limit for external memory first, and what follows is a collection of the whole heap:
// every 70 ms under a bulk transfer, a third of the CPU. A collection of the young generation in time is some fifty microseconds.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Received between two collections, bytes: a tenth of what V8 lets live outside of its heap. */
const COLLECT_EVERY_BYTES = 6 * 1024 * 1024;
/** What each buffer brings with it: those that are made of it on its way, out of Node's pool. */
const BESIDE_BYTES = 4096;

/** By how much the old generation and its buffers may grow before the whole heap is collected; V8's own choice is 10 to 300. */
const HEAP_GROWTH_PERCENT = 100;

type Collect = (options: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;
let receivedBytes = 0;

/** To be called for each buffer that a socket of the data path has brought. */
export function countReceived(bytes: number): void {
  receivedBytes += bytes + BESIDE_BYTES;
  if (receivedBytes < COLLECT_EVERY_BYTES) return;
  receivedBytes = 0;
  collect ??= prepareHeap();
  collect({ type: 'minor' });
}

function prepareHeap(): Collect {
  // After a quiet time V8 would let what it manages grow by a tenth to a third only. Buffers count: a few megabytes of them were a
  // collection of the whole heap then, twenty each second.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  // Node has no function for it but the one that V8 gives to contexts that are made while this flag is set.
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return isCollect(found) ? found : () => undefined;
}

function isCollect(value: unknown): value is Collect {
  return typeof value === 'function';
}
