// Informers over many watches, and a writer beside them: every change has to be seen, in order, after one list.
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { configMap } from '../cluster-objects.ts';
import type { Informer, InformerLine } from './informer.ts';

/** `add`, `update` or `delete`; a deletion's version the writer is not told. */
export type Change = readonly [type: string, name: string, resourceVersion: string];

const CHANGES = new Set(['add', 'update', 'delete']);

export function changesOf(lines: readonly InformerLine[]): readonly Change[] {
  return lines
    .filter(({ type }) => CHANGES.has(type))
    .map(({ type, name, resourceVersion }) => [type, name, type === 'delete' ? '' : resourceVersion]);
}

export function countOf(lines: readonly InformerLine[], type: string): number {
  return lines.filter((line) => line.type === type).length;
}

export interface LifeOptions {
  readonly admin: ApiserverClient;
  readonly namespace: string;
  /** Looked at between two rounds; the first at which it holds is the last. */
  readonly isEnough: () => boolean;
  /** Awaited between two rounds: a long life is a quiet one. */
  readonly pause: () => Promise<void>;
}

/** Each round is seen by all informers before the next begins. Returns what was written, as the apiserver answered. */
export async function writeUnder(
  informers: readonly Informer[],
  { admin, namespace, isEnough, pause }: LifeOptions,
): Promise<readonly Change[]> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const written: Change[] = [];
  const send = async (type: string, method: string, at: string, name: string, body?: object) => {
    const { status, body: answer } = await admin.send(method, at, body);
    if (status >= 300) throw new Error(`${method} ${at} was answered with ${status}`);
    written.push([type, name, type === 'delete' ? '' : resourceVersionOf(answer)]);
  };
  const allSee = (isSeen: (lines: readonly InformerLine[]) => boolean) =>
    Promise.all(informers.map((informer) => informer.until(isSeen)));
  await allSee((lines) => countOf(lines, 'synced') === 1);
  for (let round = 1; !isEnough(); round += 1) {
    const name = `round-${round}`;
    await send('add', 'POST', path, name, configMap(name, { step: '0' }));
    // One after the other without a look: some of them meet the moment between two watches.
    for (const step of ['1', '2', '3']) {
      await send('update', 'PUT', `${path}/${name}`, name, configMap(name, { step }));
    }
    await send('delete', 'DELETE', `${path}/${name}`, name);
    await allSee((lines) => changesOf(lines).length >= written.length);
    await pause();
  }
  return written;
}

function resourceVersionOf(answer: unknown): string {
  return /"resourceVersion":"(\d+)"/.exec(JSON.stringify(answer))?.[1] ?? '';
}
