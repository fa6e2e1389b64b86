// Where a row is run: once directly for each kubectl and its environment, and once for each transport of those.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { certificatePair } from '../direct-user.ts';
import type { KubectlResult, KubectlRun } from '../kubectl.ts';
import type { KubectlPair, Relay } from '../relay-fixture.ts';
import { slugOf } from '../transports.ts';
import type { Transport } from '../transports.ts';
import { normalise } from '../compare.ts';
import { EMPTY_FOLDER, NAMESPACE } from './row.ts';
import type { Row } from './row.ts';

export interface Lane {
  readonly transport: Transport;
  readonly isDirect: boolean;
  readonly namespace: string;
}

/** The same kubectl in the same environment: what is directly printed is printed through each of the transports. */
export interface LaneGroup {
  readonly direct: Lane;
  readonly relayed: readonly Lane[];
}

/** As many kubectl at once as keep two cores busy. */
const PARALLEL_LANES = 4;

/** @param namespaceOf gets a number of two digits, another one for each lane, so that all names are equally long. */
export function laneGroups(
  transports: readonly Transport[],
  namespaceOf: (number: string) => string,
): readonly LaneGroup[] {
  const groups = new Map<string, Transport[]>();
  for (const transport of transports) {
    const key = JSON.stringify([transport.kubectl, transport.environment]);
    groups.set(key, [...(groups.get(key) ?? []), transport]);
  }
  let count = 9;
  const lane = (transport: Transport, isDirect: boolean): Lane => ({
    transport,
    isDirect,
    namespace: namespaceOf(String((count += 1))),
  });
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    return [{ direct: lane(first, true), relayed: members.map((member) => lane(member, false)) }];
  });
}

/** Calls `work` for each of the items, a few at a time, and gives the results in their order. */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: { readonly index: number; readonly result: Result }[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next;
      results.push({ index, result: await work(item) });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_LANES }, worker));
  return results.toSorted((one, other) => one.index - other.index).map(({ result }) => result);
}

function makePair(relay: Relay, transport: Transport, user: NonNullable<Row['user']>): KubectlPair {
  if (user === 'nobody') return relay.kubectlOfNobody(transport);
  const [name = '', how] = user.split(' by ');
  const pair = relay.kubectlOf(name, transport);
  return how === undefined ? pair : { ...pair, direct: certificatePair(relay, name, { transport }).direct };
}

export type RunRow = (lane: Lane, row: Row) => Promise<KubectlResult>;

/** @param directory what commands find beside them: the files of the table. */
export function createRowRunner(relay: Relay, directory: string): RunRow {
  const pairs = new Map<string, KubectlPair>();
  const pairOf = ({ transport }: Lane, user: Row['user'] = 'alice'): KubectlPair => {
    const key = `${user} ${slugOf(transport)}`;
    const pair = pairs.get(key) ?? makePair(relay, transport, user);
    pairs.set(key, pair);
    return pair;
  };
  return async (lane, row) => {
    const { namespace } = lane;
    const fill = (text: string): string =>
      text
        .replaceAll(NAMESPACE, namespace)
        .replaceAll(EMPTY_FOLDER, () => mkdtempSync(join(directory, 'empty-')));
    const environment = Object.entries(row.environment ?? {}).map(([name, value]) => [name, fill(value)]);
    const options: KubectlRun = {
      directory,
      environment: Object.fromEntries(environment),
      ...(row.input === undefined ? {} : { input: fill(row.input) }),
    };
    await row.before?.(relay.admin, namespace);
    const pair = pairOf(lane, row.user);
    const kubectl = lane.isDirect ? pair.direct : pair.relayed;
    // Behind the first word: what is no command of an old kubectl is otherwise taken for a plugin's flag.
    const [command, args] = [row.args.slice(0, 1), row.args.slice(1).map(fill)];
    const running = kubectl.start([...command, '--namespace', namespace, ...args], options);
    if (row.meanwhile !== undefined) {
      await running.printed((text) => text !== '');
      await row.meanwhile(relay.admin, namespace);
    }
    const { stdout, stderr, exitCode } = normalise(await running.ended, row.normalise ?? []);
    const unfill = (text: string): string => text.replaceAll(namespace, NAMESPACE);
    return { stdout: unfill(stdout), stderr: unfill(stderr), exitCode };
  };
}
