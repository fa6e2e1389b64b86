// A small view of a large buffer keeps all of it in memory for as long as it waits somewhere: a peer that sends one byte in
// each full message, to a reader that does not read, would have its messages kept instead of its bytes (security T5, D5).

// Below this part of its buffer a chunk is cheaper to copy than to keep.
const MAX_PINNED_RATIO = 4;

/** The chunk, or a copy of its own where it is a small part of the memory behind it. For chunks that are going to wait. */
export function detached(chunk: Buffer): Buffer {
  if (chunk.byteLength * MAX_PINNED_RATIO >= chunk.buffer.byteLength) return chunk;
  // Not from Node's pool, which is such a large buffer itself.
  const copy = Buffer.allocUnsafeSlow(chunk.byteLength);
  copy.set(chunk);
  return copy;
}
