// Which binary is taken when there are several, and what is said when there is none.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MissingToolsError, nameCacheDirectory } from '../../../demo/go-tools/index.ts';
import { ensureTools } from './build-tools.ts';
import { ALL_TOOLS, areAllFound, findTools } from './find-tools.ts';
import { GO_NEEDED, TOOL_NAMES, TOOLS } from './tool-sets.ts';
import type { ToolName } from './tool-sets.ts';

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
const assetOf = (name: ToolName) => join(directory, 'assets', TOOLS[name].executable);
const cachedOf = async (name: ToolName) =>
  join(await nameCacheDirectory(TOOLS[name].set, ALL_TOOLS, environment()), TOOLS[name].executable);
const kubectlOf = (minor: string) => `#!/bin/sh\necho '{"clientVersion":{"major":"1","minor":"${minor}"}}'\n`;
const helmOf = (version: string) => `#!/bin/sh\necho '${version}'\n`;

describe('findTools', () => {
  test('finds nothing on an empty machine', async () => {
    const found = await findTools(environment());
    expect(found).toEqual({});
    expect(areAllFound(found)).toBe(false);
  });

  test('prefers KUBEBUILDER_ASSETS to everything else', async () => {
    for (const name of TOOL_NAMES) {
      install(await cachedOf(name));
      install(assetOf(name));
    }
    install(join(directory, 'path/kubectl'), kubectlOf('34'));
    install(join(directory, 'path/helm'), helmOf('v3.22.0'));
    const found = await findTools(environment());
    expect(found).toEqual(Object.fromEntries(TOOL_NAMES.map((name) => [name, assetOf(name)])));
    expect(areAllFound(found)).toBe(true);
  });

  test('takes kubectl and helm from the PATH and the others from the cache', async () => {
    const cached: Record<string, string> = {};
    for (const name of TOOL_NAMES) cached[name] = install(await cachedOf(name));
    const kubectl = install(join(directory, 'path/kubectl'), kubectlOf('31+'));
    const helm = install(join(directory, 'path/helm'), helmOf('v4.0.1+g12500dd'));
    for (const other of ['etcd', 'kube-apiserver', 'kwok']) install(join(directory, 'path', other));
    expect(await findTools(environment())).toEqual({ ...cached, kubectl, helm });
  });

  test.each([
    ['kubectl 1.30', kubectlOf('30'), {}],
    ['kubectl 1.21', kubectlOf('21'), {}],
    ['kubectl 1.20', kubectlOf('20+'), { oldKubectl: 'path/kubectl' }],
    ['kubectl that does not run', '#!/bin/sh\nexit 3\n', {}],
    ['kubectl that tells no version', '#!/bin/sh\n', {}],
  ])('takes a %s on the PATH for what it is', async (_, script, expected: Record<string, string>) => {
    install(join(directory, 'path/kubectl'), script);
    const files = Object.entries(expected).map(([name, file]) => [name, join(directory, file)]);
    expect(await findTools(environment())).toEqual(Object.fromEntries(files));
  });

  test('passes over a helm 2 on the PATH', async () => {
    install(join(directory, 'path/helm'), helmOf('v2.17.0'));
    expect(await findTools(environment())).toEqual({});
  });

  test('does not take a file that is not executable', async () => {
    mkdirSync(join(directory, 'assets'), { recursive: true });
    writeFileSync(assetOf('etcd'), '', { mode: 0o644 });
    expect(await findTools(environment())).toEqual({});
  });
});

describe('the cache', () => {
  test('has one folder for the tools of one set, and another for each other set', async () => {
    const folderOf = async (name: ToolName) => dirname(await cachedOf(name));
    expect(await folderOf('kubectl')).toBe(await folderOf('kubeApiserver'));
    const sets = new Set(TOOL_NAMES.map((name) => TOOLS[name].set));
    expect(new Set(await Promise.all(TOOL_NAMES.map(folderOf))).size).toBe(sets.size);
  });

  test('changes its folder with the source of a set', async () => {
    const set = { name: 'informer', version: '1', directory, goVersion: '1' };
    const folder = () => nameCacheDirectory(set, [], environment());
    writeFileSync(join(directory, 'go.mod'), 'module a\n');
    const names = [await folder()];
    mkdirSync(join(directory, 'package'));
    for (const file of ['go.mod', 'go.sum', 'main.go', 'package/part.go']) {
      writeFileSync(join(directory, file), 'changed\n');
      names.push(await folder());
    }
    expect(new Set(names).size).toBe(5);
    writeFileSync(join(directory, 'main'), 'a binary that somebody left there');
    expect(await folder()).toBe(names.at(-1));
  });
});

describe('ensureTools', () => {
  const installAllBut = (missing: readonly ToolName[]) => {
    install(join(directory, 'path/curl'));
    for (const name of TOOL_NAMES) if (!missing.includes(name)) install(assetOf(name));
  };

  test('names curl when it is missing, before anything is built', async () => {
    const go = install(join(directory, 'go/go'), '#!/bin/sh\nexit 1\n');
    const ensured = ensureTools(environment(), () => undefined, [dirname(go)]);
    await expect(ensured).rejects.toThrow(MissingToolsError);
    await expect(ensured).rejects.toThrow(/no curl on the PATH/);
  });

  test('names what is missing, and both ways to get it, when there is no Go', async () => {
    installAllBut(['kubeApiserver', 'oldKubectl', 'informer']);
    const ensured = ensureTools(environment(), () => undefined, []);
    await expect(ensured).rejects.toThrow(MissingToolsError);
    await expect(ensured).rejects.toThrow(
      /no kube-apiserver, no kubectl-1\.20, no informer on this machine[^]*Go 1\.26[^]*KUBEBUILDER_ASSETS/,
    );
  });

  test('builds only what is missing, and leaves nothing of a build that failed', async () => {
    installAllBut(['kwok', 'oldKubectl']);
    const go = join(directory, 'go/go');
    const printed: string[] = [];
    const ensure = () => ensureTools(environment(), (line) => printed.push(line), [dirname(go)]);
    install(go, '#!/bin/sh\nexit 1\n');
    await expect(ensure()).rejects.toThrow(/building kwok failed \(exit code 1\)/);
    expect(readdirSync(dirname(await cachedOf('kwok')))).toEqual([]);

    // `-o` is followed by the output; this Go writes its own arguments there.
    install(
      go,
      '#!/bin/sh\nfor a; do [ "$p" = -o ] && o=$a; p=$a; done\necho "$@" > "$o"; /bin/chmod +x "$o"\n',
    );
    const ensured = await ensure();
    expect(ensured).toEqual({
      ...Object.fromEntries(TOOL_NAMES.map((name) => [name, assetOf(name)])),
      kwok: await cachedOf('kwok'),
      oldKubectl: await cachedOf('oldKubectl'),
    });
    const built = printed.filter((line) => line.startsWith('built ')).map((line) => line.split(' ')[1]);
    expect(built).toEqual(['kwok', 'kubectl-1.20']);
  });
});

describe('tool-sets', () => {
  const sets = [...new Set(TOOL_NAMES.map((name) => TOOLS[name].set))];
  test('leaves no tool out of the list', () => {
    expect(TOOL_NAMES.toSorted()).toEqual(Object.keys(TOOLS).toSorted());
  });

  const orderOf = (version: string) => {
    const [, minor, patch = '0'] = /^1\.(\d+)(?:\.(\d+))?$/.exec(version) ?? [];
    return Number(minor) * 1_000 + Number(patch);
  };

  test.each(sets)('states the versions that stand in the go.mod of $name', (set) => {
    const lines = readFileSync(join(set.directory, 'go.mod'), 'utf8').split('\n');
    const isWhole = set.goVersion.split('.').length === 3;
    expect(lines).toContain(`go ${set.goVersion}${isWhole ? '' : '.0'}`);
    expect(lines.some((line) => line.trim().split(' ').includes(`v${set.version}`))).toBe(true);
  });

  test('tells of a Go that is new enough for every set', () => {
    const needed = sets.map((set) => orderOf(set.goVersion));
    expect(orderOf(GO_NEEDED)).toBe(Math.max(...needed));
  });
});
