import { describe, expect, it } from 'vitest';
import { differences } from '../../../demo/tour/expectation.ts';
import type { Outcome } from '../../../demo/tour/expectation.ts';

const EXPECTED = { exitCode: 1, status: 403, output: [/forbidden/i, /User "bob"/] };
const OUTCOME: Outcome = {
  way: 'kubectl',
  code: 1,
  endedByTour: false,
  text: 'Error from server (Forbidden): User "bob" cannot delete',
};

describe('what a step expects', () => {
  it('is met by the exit code of kubectl, or by the status of a request', () => {
    expect(differences(OUTCOME, EXPECTED)).toEqual([]);
    expect(differences({ ...OUTCOME, way: 'https', code: 403 }, EXPECTED)).toEqual([]);
  });

  it('is not met by anything else, and each difference is named', () => {
    expect(differences({ ...OUTCOME, code: 0, text: 'deleted' }, EXPECTED)).toEqual([
      'exit code 0 instead of 1',
      'the output does not match /forbidden/i',
      'the output does not match /User "bob"/',
    ]);
    expect(differences({ ...OUTCOME, way: 'https', code: 200 }, EXPECTED)).toEqual([
      'status 200 instead of 403',
    ]);
  });

  it('is not met by a command that had to be killed', () => {
    expect(differences({ ...OUTCOME, code: -1 }, EXPECTED)).toEqual(['it did not end by itself']);
  });

  it('leaves the exit code aside when the tour itself ended the command', () => {
    expect(differences({ ...OUTCOME, code: -1, endedByTour: true }, EXPECTED)).toEqual([]);
    expect(differences({ ...OUTCOME, code: -1, endedByTour: true, text: '' }, EXPECTED)).toHaveLength(2);
  });
});
