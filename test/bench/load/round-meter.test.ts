import { describe, expect, it } from 'vitest';
import { RoundMeter } from '../../../bench/load/round-meter.ts';

/** A round of one request, answered at once. */
function roundOf(status: number, bytes: number, body: string) {
  const meter = new RoundMeter('right');
  return meter.run(0, () => {
    expect(meter.request()).toBe(true);
    meter.answer(performance.now(), status, bytes, [Buffer.from(body)]);
  });
}

describe('a round', () => {
  it.each([
    { what: 'a right answer', status: 200, body: 'right', wrongAnswers: 0, wrongBodies: 0 },
    { what: 'another body of the same length', status: 200, body: 'wrong', wrongAnswers: 0, wrongBodies: 1 },
    { what: 'another length', status: 200, body: 'no', wrongAnswers: 1, wrongBodies: 1 },
    { what: 'another status', status: 503, body: 'right', wrongAnswers: 1, wrongBodies: 0 },
  ])('counts $what', async ({ status, body, wrongAnswers, wrongBodies }) => {
    const round = await roundOf(status, body.length, body);
    expect(round).toMatchObject({ requests: 1, hashedBodies: 1, wrongAnswers, wrongBodies });
  });

  it('ends only when all that were sent are answered', async () => {
    const meter = new RoundMeter('right');
    let ended = false;
    const round = meter.run(0, () => {
      meter.request();
      meter.request();
    });
    void round.then(() => (ended = true));
    expect(meter.answer(performance.now(), 200, 5, undefined)).toBe(false);
    await Promise.resolve();
    expect(ended).toBe(false);
    meter.answer(performance.now(), 200, 5, undefined);
    expect((await round).requests).toBe(2);
  });

  it('goes on while there is time', async () => {
    const meter = new RoundMeter('right');
    const round = meter.run(60_000, () => void meter.request());
    expect(meter.answer(performance.now(), 200, 5, undefined)).toBe(true);
    meter.fail(new Error('enough'));
    await expect(round).rejects.toThrow('enough');
  });

  it('asks for the first body and for few others', () => {
    const meter = new RoundMeter('right');
    void meter.run(60_000, () => undefined).catch(() => undefined);
    const kept = Array.from({ length: 1000 }, () => meter.request());
    meter.fail(new Error('over'));
    expect(kept[0]).toBe(true);
    expect(kept.filter(Boolean)).toHaveLength(4);
  });
});
