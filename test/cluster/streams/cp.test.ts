// cp both ways: one file, a tree of many, and one that is larger than any buffer on the way, all compared by hash.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { RunningPod } from '../kubelet/index.ts';
import type { Kubectl, KubectlResult } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { HTTP_2, OLD_KUBECTL, SPDY, STREAM_TRANSPORTS } from '../transports.ts';
import { incompressibleBlocks, sha256Of, sha256OfFile } from './same-result.ts';

const NAMESPACE = 'copies';
const LARGE_MEGABYTES = 200;
const TREE_FILES = 2_000;
const FILES_PER_FOLDER = 50;

let relay: Relay;
let pod: RunningPod;
/** Of this side, where the pod's folder is the other. */
let here = '';
let largeSha256 = '';
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  pod = await startPod(relay.admin, { namespace: NAMESPACE, name: 'web' });
  here = join(relay.directory, 'here');
  mkdirSync(here);
  writeTree(join(here, 'tree'));
  writeTree(join(pod.directory, 'tree'));
  await writeFile(join(here, 'large'), incompressibleBlocks(LARGE_MEGABYTES));
  await writeFile(join(pod.directory, 'large'), incompressibleBlocks(LARGE_MEGABYTES));
  largeSha256 = sha256Of(incompressibleBlocks(LARGE_MEGABYTES));
});
afterAll(() => relay.close());

/** Small files of other sizes and contents, some empty, some executable, in folders of folders. */
function writeTree(root: string): void {
  for (let index = 0; index < TREE_FILES; index += 1) {
    const folder = join(root, `folder ${Math.floor(index / FILES_PER_FOLDER)}`, 'with files');
    if (index % FILES_PER_FOLDER === 0) mkdirSync(folder, { recursive: true });
    const file = join(folder, `file-${index}`);
    writeFileSync(file, `content ${index} `.repeat(index % 97));
    if (index % 10 === 0) chmodSync(file, 0o755);
  }
}

interface TreeHash {
  readonly files: number;
  /** Of every path and content. */
  readonly contents: string;
  /** Of every path and mode. */
  readonly modes: string;
}

function sha256OfTree(root: string): TreeHash {
  const [contents, modes] = [createHash('sha256'), createHash('sha256')];
  let files = 0;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }).toSorted(byPath)) {
    const path = join(entry.parentPath, entry.name);
    contents.update(`${relative(root, path)}\n`);
    modes.update(`${relative(root, path)} ${statSync(path).mode}\n`);
    if (!entry.isFile()) continue;
    contents.update(readFileSync(path));
    files += 1;
  }
  return { files, contents: contents.digest('hex'), modes: modes.digest('hex') };
}

interface Entry {
  readonly parentPath: string;
  readonly name: string;
}

function byPath(one: Entry, other: Entry): number {
  return join(one.parentPath, one.name) < join(other.parentPath, other.name) ? -1 : 1;
}

/** To the pod and back, each time to a place where nothing is. */
async function copyBothWays(kubectl: Kubectl, name: string): Promise<readonly KubectlResult[]> {
  for (const place of [here, pod.directory]) rmSync(join(place, 'copy'), { recursive: true, force: true });
  return [
    await kubectl.run(['cp', join(here, name), `${NAMESPACE}/web:copy`]),
    await kubectl.run(['cp', `${NAMESPACE}/web:${name}`, join(here, 'copy')]),
  ];
}

const COMPLAINT =
  'tar: nothing: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors\n';

const copies = () => [join(pod.directory, 'copy'), join(here, 'copy')];

describe.each(STREAM_TRANSPORTS)('cp over $name', (transport) => {
  test('a small file goes both ways', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const content = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index & 0xff));
    for (const place of [here, pod.directory]) writeFileSync(join(place, 'small'), content);
    const fromDirect = await copyBothWays(direct, 'small');
    expect(await copyBothWays(relayed, 'small')).toEqual(fromDirect);
    for (const copy of copies()) expect(readFileSync(copy)).toEqual(content);
    expect(fromDirect).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
  });

  test('a file that does not exist is refused in the same words', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const [toPod, fromPod] = await copyBothWays(direct, 'nothing');
    const [toPodRelayed, fromPodRelayed] = await copyBothWays(relayed, 'nothing');
    expect(toPodRelayed).toEqual(toPod);
    expect(toPod?.exitCode).toBe(1);
    // How much of tar's complaint kubectl shows, on standard output, before it ends is a race of its own.
    for (const result of [fromPod, fromPodRelayed]) {
      expect(COMPLAINT).toContain(result?.stdout);
      expect(result).toMatchObject({ stderr: '', exitCode: fromPod?.exitCode });
    }
  });
});

describe.each([HTTP_2, SPDY, OLD_KUBECTL])('much by cp over $name', (transport) => {
  test(`a tree of ${TREE_FILES} files goes both ways`, async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const { contents } = sha256OfTree(join(here, 'tree'));
    const fromDirect = await copyBothWays(direct, 'tree');
    const directCopies = copies().map(sha256OfTree);
    expect(await copyBothWays(relayed, 'tree')).toEqual(fromDirect);
    // kubectl itself keeps no modes on the way from the pod; what it does keep has to be the same.
    expect(copies().map(sha256OfTree)).toEqual(directCopies);
    expect(directCopies).toMatchObject([
      { files: TREE_FILES, contents },
      { files: TREE_FILES, contents },
    ]);
  });

  test(`a file of ${LARGE_MEGABYTES} MiB goes both ways`, async () => {
    const { relayed } = relay.kubectlOf('alice', transport);
    const results = await copyBothWays(relayed, 'large');
    const silent = { stdout: '', stderr: '', exitCode: 0 };
    expect(results).toEqual([silent, silent]);
    for (const copy of copies()) expect(await sha256OfFile(copy)).toBe(largeSha256);
  });
});
