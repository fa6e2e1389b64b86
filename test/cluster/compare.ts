// The measure of transparency: the same kubectl, once straight to the apiserver and once through the relay.
import { expect } from 'vitest';
import type { Kubectl, KubectlResult, KubectlRun } from './kubectl.ts';
import type { KubectlPair } from './relay-fixture.ts';

/** An age in the output changes once a second; between two equal direct runs it did not. */
const STABLE_ATTEMPTS = 8;

/**
 * Runs a command that changes nothing: direct, relayed, direct again. When both direct runs printed the same, the
 * relayed one between them has to have printed exactly that; when they did not, time passed and it is done again.
 * Returns what was printed, so that a test can see that it was the right thing.
 */
export async function expectSameOutput(
  { direct, relayed }: KubectlPair,
  args: readonly string[],
  options?: KubectlRun,
  normalisers: readonly Normaliser[] = [],
): Promise<KubectlResult> {
  const run = async (kubectl: Kubectl) => normalise(await kubectl.run(args, options), normalisers);
  for (let attempt = 1; attempt <= STABLE_ATTEMPTS; attempt += 1) {
    const before = await run(direct);
    const through = await run(relayed);
    const after = await run(direct);
    if (!isSame(before, after)) continue;
    expect(through).toEqual(before);
    return before;
  }
  throw new Error(`kubectl ${args.join(' ')} never printed the same twice without the relay`);
}

function isSame(one: KubectlResult, other: KubectlResult): boolean {
  return one.stdout === other.stdout && one.stderr === other.stderr && one.exitCode === other.exitCode;
}

/** What differs between any two runs of a command that writes; each row of a table names those that it meets. */
export const NORMALISERS = {
  uid: [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID'],
  resourceVersion: [/resourceVersion("?): "\d+"/g, 'resourceVersion$1: "N"'],
  timestamp: [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIMESTAMP'],
  clusterIp: [/\b10\.0\.0\.\d{1,3}\b/g, 'CLUSTER-IP'],
  server: [/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER'],
  podHash: [/\b[a-z0-9]{9,10}-[a-z0-9]{5}\b/g, 'POD-HASH'],
} as const satisfies Readonly<Record<string, readonly [RegExp, string]>>;

export type Normaliser = keyof typeof NORMALISERS;

export function normalise(result: KubectlResult, names: readonly Normaliser[]): KubectlResult {
  const apply = (text: string): string =>
    names.reduce((done, name) => done.replace(NORMALISERS[name][0], NORMALISERS[name][1]), text);
  return { ...result, stdout: apply(result.stdout), stderr: apply(result.stderr) };
}
