// Which binary is taken when there are several, and what is said when there is none.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureTools, MissingToolsError } from './build-tools.ts';
import { completeTools, findTools } from './find-tools.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-connect-find-tools-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function install(file: string, text = '#!/bin/sh\n'): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

const environment = () => ({
  PATH: join(directory, 'path'),
  XDG_CACHE_HOME: join(directory, 'cache'),
  KUBEBUILDER_ASSETS: join(directory, 'assets'),
});
const kubectlOf = (minor: string) => `#!/bin/sh\necho '{"clientVersion":{"major":"1","minor":"${minor}"}}'\n`;

describe('findTools', () => {
  test('finds nothing on an empty machine', async () => {
    const found = await findTools(environment());
    expect(found.paths).toEqual({ etcd: undefined, 'kube-apiserver': undefined, kubectl: undefined });
    expect(completeTools(found)).toBeUndefined();
  });

  test('prefers KUBEBUILDER_ASSETS to everything else', async () => {
    const { cacheDirectory } = await findTools(environment());
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) {
      install(join(cacheDirectory, name));
      install(join(directory, 'assets', name));
    }
    install(join(directory, 'path/kubectl'), kubectlOf('34'));
    expect(completeTools(await findTools(environment()))).toEqual({
      etcd: join(directory, 'assets/etcd'),
      kubeApiserver: join(directory, 'assets/kube-apiserver'),
      kubectl: join(directory, 'assets/kubectl'),
    });
  });

  test('takes kubectl from the PATH and the servers from the cache', async () => {
    const { cacheDirectory } = await findTools(environment());
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) install(join(cacheDirectory, name));
    const kubectl = install(join(directory, 'path/kubectl'), kubectlOf('30+'));
    expect(completeTools(await findTools(environment()))).toEqual({
      etcd: join(cacheDirectory, 'etcd'),
      kubeApiserver: join(cacheDirectory, 'kube-apiserver'),
      kubectl,
    });
  });

  test.each([
    ['older than 1.28', kubectlOf('27')],
    ['that does not run', '#!/bin/sh\nexit 3\n'],
  ])('passes over a kubectl on the PATH %s', async (_, script) => {
    install(join(directory, 'path/kubectl'), script);
    expect((await findTools(environment())).paths.kubectl).toBeUndefined();
  });

  test('does not take a file that is not executable', async () => {
    mkdirSync(join(directory, 'assets'), { recursive: true });
    writeFileSync(join(directory, 'assets/etcd'), '', { mode: 0o644 });
    expect((await findTools(environment())).paths.etcd).toBeUndefined();
  });
});

describe('ensureTools', () => {
  test('names what is missing, and both ways to get it, when there is no Go', async () => {
    install(join(directory, 'assets/etcd'));
    const ensured = ensureTools(environment(), () => undefined, []);
    await expect(ensured).rejects.toThrow(MissingToolsError);
    await expect(ensured).rejects.toThrow(
      /no kubectl, no kube-apiserver on this machine[^]*KUBEBUILDER_ASSETS[^]*Go 1\.26/,
    );
  });

  test('builds only what is missing, and leaves nothing of a build that failed', async () => {
    install(join(directory, 'assets/etcd'));
    install(join(directory, 'assets/kube-apiserver'));
    const go = join(directory, 'go/go');
    const printed: string[] = [];
    const ensure = () => ensureTools(environment(), (line) => printed.push(line), [dirname(go)]);
    install(go, '#!/bin/sh\nexit 1\n');
    await expect(ensure()).rejects.toThrow(/building kubectl failed \(exit code 1\)/);
    const { cacheDirectory } = await findTools(environment());
    expect((await findTools(environment())).paths.kubectl).toBeUndefined();

    // `-o` is followed by the output; this Go writes its own arguments there.
    install(
      go,
      '#!/bin/sh\nfor a; do [ "$p" = -o ] && o=$a; p=$a; done\necho "$@" > "$o"; /bin/chmod +x "$o"\n',
    );
    expect((await ensure()).kubectl).toBe(join(cacheDirectory, 'kubectl'));
    expect(printed.at(-1)).toMatch(/^built kubectl in/);
  });
});
