import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBoundedStream } from '../../../cli/files/read-stream.ts';

describe('readBoundedStream', () => {
  it('puts pieces together, in the middle of a character too', async () => {
    const bytes = Buffer.from('Grüße');
    const pieces = Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]);
    expect(await readBoundedStream(pieces, bytes.length)).toEqual({ text: 'Grüße' });
  });

  it('stops at its bound, and ends a stream that never would', async () => {
    let made = 0;
    const endless = new Readable({
      read() {
        made += 1;
        this.push(Buffer.alloc(1024));
      },
    });
    expect(await readBoundedStream(endless, 4096)).toEqual({ fault: 'too-large', code: 'EFBIG' });
    expect(endless.destroyed).toBe(true);
    expect(made).toBeLessThan(200);
  });

  it('says that a stream broke', async () => {
    const broken = new Readable({ read: () => undefined });
    broken.destroy(Object.assign(new Error('gone'), { code: 'EIO' }));
    expect(await readBoundedStream(broken, 10)).toEqual({ fault: 'unreadable', code: 'EIO' });
  });
});
