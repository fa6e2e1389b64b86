// Reads what is piped in, with an upper bound: `cat /dev/zero |` must not eat the memory.
import type { Readable } from 'node:stream';
import { errorCode } from '../../observe/index.ts';
import type { FileFault } from './read-bounded.ts';

/** The stream's UTF-8 text, or why it could not be read. Never throws; a stream that is too long is destroyed. */
export async function readBoundedStream(
  stream: Readable,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly fault: FileFault; readonly code: string }> {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      total += bytes.length;
      // Leaving the loop destroys the stream.
      if (total > maxBytes) return { fault: 'too-large', code: 'EFBIG' };
      chunks.push(bytes);
    }
  } catch (error) {
    return { fault: 'unreadable', code: errorCode(error) };
  }
  return { text: new TextDecoder('utf-8').decode(Buffer.concat(chunks, total)) };
}
