// Lines of a stream whose pieces end anywhere, none of them longer than it may be.

export interface LineSplitter {
  /** @throws RangeError for a line that is too long */
  push(chunk: Buffer, onLine: (line: string) => void): void;
}

const NEWLINE = 0x0a;

export function createLineSplitter(maxLineBytes: number): LineSplitter {
  let pieces: Buffer[] = [];
  let bytes = 0;

  function keep(piece: Buffer): void {
    bytes += piece.byteLength;
    if (bytes > maxLineBytes) throw new RangeError(`a line of more than ${maxLineBytes} bytes`);
    pieces.push(piece);
  }

  return {
    push(chunk, onLine) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        keep(chunk.subarray(start, end));
        const line = Buffer.concat(pieces, bytes).toString('utf8');
        pieces = [];
        bytes = 0;
        start = end + 1;
        if (line !== '') onLine(line);
      }
      // A copy: what is left of a chunk must not keep all of it, and its owner may use it again.
      if (start < chunk.byteLength) keep(Buffer.from(chunk.subarray(start)));
    },
  };
}
