// Compares rounds that ran next to each other, so that a slow minute of the machine falls out.
import { figure } from './figure.ts';
import type { Figure } from './figure.ts';

export interface Comparing {
  readonly name: string;
  readonly ours: Figure | undefined;
  readonly theirs: Figure | undefined;
}

/** Ours divided by theirs, round for round; of as many rounds as both have. Nothing where one of them was not measured. */
export function ratioOf({ name, ours, theirs }: Comparing): readonly Figure[] {
  if (ours === undefined || theirs === undefined) return [];
  const rounds = pairs(ours, theirs).flatMap(([our, their]) => (their === 0 ? [] : [our / their]));
  return rounds.length === 0 ? [] : [figure(name, '×', ours.higherIsBetter, rounds)];
}

/** Ours less theirs, in their unit. */
export function differenceOf({ name, ours, theirs }: Comparing): readonly Figure[] {
  if (ours === undefined || theirs === undefined) return [];
  const rounds = pairs(ours, theirs).map(([our, their]) => our - their);
  return rounds.length === 0 ? [] : [figure(name, ours.unit, ours.higherIsBetter, rounds)];
}

/** The best of them by its median. */
export function bestOf(figures: readonly (Figure | undefined)[]): Figure | undefined {
  const measured = figures.flatMap((one) => (one === undefined ? [] : [one]));
  return measured.toSorted((a, b) => (a.higherIsBetter ? b.value - a.value : a.value - b.value))[0];
}

function pairs(ours: Figure, theirs: Figure): readonly (readonly [number, number])[] {
  return ours.rounds.flatMap((our, index) => {
    const their = theirs.rounds[index];
    return their === undefined ? [] : [[our, their] as const];
  });
}
