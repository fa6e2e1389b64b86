// An event says whose it is and when it left, and any other byte than the expected one is seen.
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent, EVENT_BYTES } from '../../../../bench/apiserver/streams/index.ts';

const EVENT = { watch: 9999, sequence: 12, sentUs: 25_000_123_456 };

describe('an event of a watch', () => {
  it('is one line of JSON, as long as every other', () => {
    const bytes = encodeEvent(EVENT);
    expect(bytes.byteLength).toBe(EVENT_BYTES);
    expect(encodeEvent({ watch: 0, sequence: 1, sentUs: 7 }).byteLength).toBe(EVENT_BYTES);
    expect(bytes.indexOf('\n')).toBe(EVENT_BYTES - 1);
    expect(JSON.parse(bytes.toString('latin1'))).toMatchObject({
      type: 'MODIFIED',
      object: { kind: 'ConfigMap', metadata: { name: 'w-009999', resourceVersion: '00000012' } },
    });
  });

  it('comes back as it was sent', () => {
    expect(decodeEvent(encodeEvent(EVENT))).toEqual(EVENT);
  });

  it.each([
    ['is too short', (bytes: Buffer) => bytes.subarray(1)],
    ['is too long', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 1)])],
    ['has another byte at its beginning', (bytes: Buffer) => changed(bytes, 0)],
    ['has another byte in its text', (bytes: Buffer) => changed(bytes, EVENT_BYTES - 100)],
    ['has another byte at its end', (bytes: Buffer) => changed(bytes, EVENT_BYTES - 1)],
  ])('is refused where it %s', (_, change) => {
    expect(() => decodeEvent(change(encodeEvent(EVENT)))).toThrow('what came is not an event');
  });
});

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
