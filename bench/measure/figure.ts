// What a scenario hands back: figures with all their rounds, targets that are met or missed, checks that passed or did not.
import { z } from 'zod';
import { median } from './statistics.ts';

export const figureSchema = z.object({
  /** `${case}.${route}.${what}`; of a comparison, what is compared with what. */
  name: z.string(),
  unit: z.string(),
  higherIsBetter: z.boolean(),
  /** The median of the rounds. */
  value: z.number(),
  rounds: z.array(z.number()).readonly(),
});
export type Figure = Readonly<z.infer<typeof figureSchema>>;

/** What the project wants to reach. A miss is reported, it does not fail the run. */
export const targetSchema = z.object({
  name: z.string(),
  /** `>= 1.5 ×` */
  bound: z.string(),
  value: z.number(),
  met: z.boolean(),
});
export type Target = Readonly<z.infer<typeof targetSchema>>;

/** Whether what was measured was right: a fast wrong answer is no result, and fails the run. */
export const checkSchema = z.object({ name: z.string(), passed: z.boolean(), detail: z.string() });
export type Check = Readonly<z.infer<typeof checkSchema>>;

/** @throws RangeError for no rounds */
export function figure(
  name: string,
  unit: string,
  higherIsBetter: boolean,
  rounds: readonly number[],
): Figure {
  return { name, unit, higherIsBetter, value: median(rounds), rounds };
}

export function targetAtLeast(name: string, value: number, bound: number, unit: string): Target {
  return { name, bound: `>= ${bound} ${unit}`, value, met: value >= bound };
}

export function targetAtMost(name: string, value: number, bound: number, unit: string): Target {
  return { name, bound: `<= ${bound} ${unit}`, value, met: value <= bound };
}
