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

export function isSame(one: KubectlResult, other: KubectlResult): boolean {
  return one.stdout === other.stdout && one.stderr === other.stderr && one.exitCode === other.exitCode;
}

const ANOTHER_EACH_TIME: ReadonlySet<string> = new Set(['Audit-Id', 'Date']);
const REQUEST = /\b(GET|POST|PUT|PATCH|DELETE) (https:\/\/\S+) (\d{3}) [\w ]*?in \d+ milliseconds/;
const SERVER = /https:\/\/(?:127\.0\.0\.1|harbour\.clusters\.contoso\.example):\d+(?:\/clusters\/harbour)?/g;

/** What differs between any two runs of a command; each row of a table names those that it meets. */
export const NORMALISERS = {
  uid: (text) => text.replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID'),
  resourceVersion: (text) => text.replace(/resourceVersion("?): "\d+"/g, 'resourceVersion$1: "N"'),
  timestamp: (text) =>
    text
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIMESTAMP')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} [+-]\d{4}/g, 'TIMESTAMP')
      .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIMESTAMP'),
  /** A column of its own or a word: `12s`, `3m4s`; what stands behind it in the line is moved by it. */
  age: (text) => text.replace(/(?<=^| )(?:\d+[smhd]){1,2}(?= |$) */gm, 'AGE '),
  clusterIp: (text) => text.replace(/\b10\.0\.0\.\d{1,3}\b/g, 'CLUSTER-IP'),
  /** The relay has an address of its own, and that is all that may be seen of it. */
  server: (text) => text.replace(SERVER, 'SERVER'),
  /** diff's folders for what is and what would be. */
  diffFolders: (text) => text.replace(/\/tmp\/(LIVE|MERGED)-\d+/g, '/tmp/$1'),
  /** edit's file, kept when what was edited is refused. */
  editFile: (text) => text.replace(/-edit-\w+\.yaml/g, '-edit-RANDOM.yaml'),
  /** They stand in the order of their seconds. */
  managedFields: (text) => text.replace(/^  managedFields:\n(?:  [- ].*\n)+/gm, ''),
  /** When time is up, kubectl's own watch may or may not have the time to say so. */
  watchEnd: (text) => text.replace(/^[WE] reflector\.go.*\n/gm, ''),
  /** A token that the apiserver has just signed. */
  token: (text) => text.replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN'),
  /** Of a log with --v=6 and more: which requests were made in which order and how each was answered. */
  requests: (text) =>
    text
      .split('\n')
      .flatMap((line) => {
        const [, method, url = '', status] = REQUEST.exec(line) ?? [];
        if (method === undefined) return [];
        // kubectl makes field selectors from maps, whose order is another one each time.
        const plain = url
          .replace(SERVER, 'SERVER')
          .replace(/(?<=fieldSelector=)[^&]+/, (terms) => terms.split('%2C').toSorted().join('%2C'));
        return [`${method} ${plain} ${status}`];
      })
      .join('\n'),
  /** Of a log with --v=9: the header fields of the answers; Go prints a map, so they come in any order. */
  answerHeaders: (text) =>
    text
      .split('\n')
      .flatMap((line) => {
        const [, name = '', value] = /^I round_trippers\.go:\d+\] {5}([\w-]+): (.*)$/.exec(line) ?? [];
        return value === undefined || ANOTHER_EACH_TIME.has(name) ? [] : [`${name}: ${value}`];
      })
      .toSorted()
      .join('\n'),
  /** For what kubectl itself does or prints in an order that is another one each time. */
  sortedLines: (text) => text.split('\n').toSorted().join('\n'),
} as const satisfies Readonly<Record<string, (text: string) => string>>;

export type Normaliser = keyof typeof NORMALISERS;

export function normalise(result: KubectlResult, names: readonly Normaliser[]): KubectlResult {
  const apply = (text: string): string => names.reduce((done, name) => NORMALISERS[name](done), text);
  return { ...result, stdout: apply(result.stdout), stderr: apply(result.stderr) };
}
