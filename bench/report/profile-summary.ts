// What a CPU profile says in a page: its self time by part of the work, and the functions that have most of it. Small enough
// to keep, and without the paths of the machine that it was taken on. Pure.
import { z } from 'zod';
import { NO_WORK, partOf } from './profile-parts.ts';
import type { Place } from './profile-parts.ts';

/** Chrome's format; what else is in it is not needed here. */
export const cpuProfileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  samples: z.array(z.int()),
  /** Microseconds from each sample to the one before. */
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof cpuProfileSchema>;

export const profileSummarySchema = z.object({
  scenario: z.string(),
  case: z.string(),
  process: z.string(),
  /** All that was sampled, waiting too. */
  sampledMs: z.number(),
  /** Without waiting and without the measurement: shares are of this. */
  workMs: z.number(),
  parts: z.array(z.object({ part: z.string(), selfMs: z.number(), share: z.number() })).readonly(),
  top: z
    .array(z.object({ function: z.string(), file: z.string(), part: z.string(), share: z.number() }))
    .readonly(),
});
export type ProfileSummary = Readonly<z.infer<typeof profileSummarySchema>>;

export interface ProfileOf {
  readonly scenario: string;
  readonly case: string;
  readonly process: string;
}

const TOP_FUNCTIONS = 15;
/** Deeper stacks are cut off: only the nearest JavaScript counts. */
const MAX_STACK = 64;
const MICROSECONDS = 1000;

/** @param root the repository as a file: URL that ends with a slash */
export function summariseProfile(profile: CpuProfile, of: ProfileOf, root: string): ProfileSummary {
  const selfUs = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, profile.timeDeltas[index] ?? 0));
  });
  const stackOf = stacks(profile, root);
  const entries = [...selfUs].flatMap(([id, us]) => {
    const stack = stackOf(id);
    const [place] = stack;
    return place === undefined || us === 0 ? [] : [{ place, part: partOf(stack), us }];
  });
  const sampledUs = sum(entries);
  const work = entries.filter(({ part }) => NO_WORK.every((none) => none !== part));
  const workUs = sum(work);
  const share = (us: number): number => (workUs === 0 ? 0 : round(us / workUs, 4));
  const grouped = (keyOf: (entry: (typeof work)[number]) => string) =>
    [...Map.groupBy(work, keyOf).values()]
      .map((group) => ({ group, us: sum(group) }))
      .toSorted((a, b) => b.us - a.us);
  return {
    ...of,
    sampledMs: round(sampledUs / MICROSECONDS, 1),
    workMs: round(workUs / MICROSECONDS, 1),
    parts: grouped(({ part }) => part).map(({ group, us }) => ({
      part: group[0]?.part ?? '',
      selfMs: round(us / MICROSECONDS, 1),
      share: share(us),
    })),
    top: grouped(({ place, part }) => `${part}\n${place.file}\n${place.functionName}`)
      .slice(0, TOP_FUNCTIONS)
      .flatMap(({ group: [first], us }) =>
        first === undefined
          ? []
          : [
              {
                function: first.place.functionName === '' ? '(anonymous)' : first.place.functionName,
                file: first.place.file,
                part: first.part,
                share: share(us),
              },
            ],
      ),
  };
}

/** Where a function is, told so that it is the same on every machine. */
export function placeOf(url: string, root: string): string {
  if (url === '' || url.startsWith('node:')) return url;
  if (url.startsWith('wasm:')) return 'wasm:';
  const parts = url.split('/node_modules/');
  if (parts.length > 1) return parts.at(-1) ?? '';
  if (url.startsWith(root)) return url.slice(root.length);
  return url.slice(url.lastIndexOf('/') + 1);
}

function stacks(profile: CpuProfile, root: string): (id: number) => readonly Place[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  return (id) => {
    const stack: Place[] = [];
    let at: number | undefined = id;
    while (at !== undefined && stack.length < MAX_STACK) {
      const frame = nodes.get(at)?.callFrame;
      if (frame !== undefined) {
        stack.push({ functionName: frame.functionName, file: placeOf(frame.url, root) });
      }
      at = parents.get(at);
    }
    return stack;
  };
}

function sum(entries: readonly { readonly us: number }[]): number {
  return entries.reduce((total, { us }) => total + us, 0);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
