import { describe, expect, it } from 'vitest';
import { createPattern, Intake, patternAt, PatternCheck } from '../../../bench/apiserver/index.ts';
import { PATTERN_BYTES } from '../../../bench/apiserver/pattern.ts';

const PATTERN = createPattern();

function piece(position: number, bytes: number): Buffer {
  return Buffer.from(patternAt(PATTERN, position, bytes));
}

function wrongAt(pieces: readonly Buffer[]): number | undefined {
  const check = new PatternCheck(PATTERN);
  for (const one of pieces) check.push(one);
  return check.wrongAt;
}

describe('the pattern', () => {
  it('is the same in any pieces, across the end of the block too', () => {
    const lengths = [1, 65_536, PATTERN_BYTES - 70_000, 65_536, PATTERN_BYTES, 7];
    let position = 0;
    const pieces = lengths.map((length) => {
      const one = piece(position, length);
      position += length;
      return one;
    });
    expect(wrongAt(pieces)).toBeUndefined();
    expect(wrongAt([Buffer.concat(pieces)])).toBeUndefined();
  });

  const a = piece(0, 65_536);
  const b = piece(65_536, 65_536);
  const c = piece(131_072, 65_536);
  const flipped = Buffer.from(b);
  flipped.writeUInt8(b.readUInt8(100) ^ 1, 100);
  it.each([
    { what: 'one bit that is another', pieces: [a, flipped, c], at: 65_536 },
    { what: 'a piece that is missing', pieces: [a, c], at: 65_536 },
    { what: 'a piece that is doubled', pieces: [a, a, b], at: 65_536 },
    { what: 'two pieces that changed places', pieces: [b, a, c], at: 0 },
    { what: 'a missing mebibyte', pieces: [a, piece(2 ** 20 + 65_536, 65_536)], at: 65_536 },
  ])('shows $what', ({ pieces, at }) => {
    expect(wrongAt(pieces)).toBe(at);
  });
});

describe('an intake', () => {
  it('counts each wrong transfer once', () => {
    const intake = new Intake();
    const right = intake.open(PATTERN);
    const wrong = intake.open(PATTERN);
    right.take(piece(0, 1000));
    wrong.take(piece(1000, 1000));
    wrong.take(piece(1000, 1000));
    right.end();
    expect(intake.progress()).toMatchObject({ bytes: 3000, ended: 1, wrong: 1, coldMs: null });
    expect(wrong.wrongAt).toBe(0);
  });

  it('takes nothing of an earlier transfer for one that is measured', () => {
    const intake = new Intake();
    const earlier = intake.open(PATTERN);
    intake.reset();
    earlier.take(piece(0, 1000));
    earlier.end();
    expect(intake.progress()).toMatchObject({ bytes: 0, ended: 0, wrong: 0 });
    expect(earlier.bytes).toBe(1000);
  });

  it('remembers when its cold start was over', () => {
    const intake = new Intake();
    const arriving = intake.open(PATTERN);
    for (let position = 0; position < 17 * 2 ** 20; position += 2 ** 19) {
      arriving.take(piece(position, 2 ** 19));
    }
    const { coldMs, atMs, wrong } = intake.progress();
    expect(wrong).toBe(0);
    expect(coldMs).toBeLessThanOrEqual(atMs);
  });
});
