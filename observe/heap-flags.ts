// How V8's heap is to be set up in a process that carries traffic.

/**
 * Bytes on their way are in buffers outside of V8's heap, and only a collection of garbage gives those back. The heap itself fills
 * slowly then, so with a young generation of 16 MiB (V8's default) the buffers reach V8's limit for external memory first, and what
 * follows is a collection of the whole heap: every 70 ms under a bulk transfer, a third of the CPU. With a small young generation the
 * cheap collections come often enough that the expensive ones do not.
 */
export const HEAP_FLAGS: readonly string[] = ['--max-semi-space-size=2'];
