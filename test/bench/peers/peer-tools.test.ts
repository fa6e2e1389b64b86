// The peers' versions, and what a machine without Go hears.
import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PEER_TOOLS, providePeerTool } from '../../../bench/peers/index.ts';

const sets = [...new Set(Object.values(PEER_TOOLS).map(({ set }) => set))];

describe('the tools of the peers', () => {
  test.each(sets)(
    'state the version that stands in the go.mod of $name',
    ({ directory, version, goVersion }) => {
      const lines = readFileSync(join(directory, 'go.mod'), 'utf8').split('\n');
      expect(lines.some((line) => line.trim().split(' ').includes(`v${version}`))).toBe(true);
      expect(lines.some((line) => line.startsWith(`go ${goVersion}.`))).toBe(true);
    },
  );

  test.each(sets)('lock every module of $name that its go.mod names', ({ directory }) => {
    const modules = readFileSync(join(directory, 'go.mod'), 'utf8').matchAll(
      /^\t(\S+) (v\S+)( \/\/ indirect)?$/gm,
    );
    const sums = readFileSync(join(directory, 'go.sum'), 'utf8');
    const replaced = new Set(['github.com/hashicorp/yamux']);
    const unlocked = [...modules].filter(
      ([, name = '', version]) => !replaced.has(name) && !sums.includes(`${name} ${version}`),
    );
    expect(unlocked.map(([line]) => line)).toEqual([]);
  });

  test('say what is missing on a machine without Go', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-peers-'));
    const search = {
      environment: { PATH: directory, XDG_CACHE_HOME: directory },
      directories: [],
      print: () => undefined,
    };
    try {
      await expect(providePeerTool('chisel', search)).rejects.toThrow(
        'no Go on this machine to build chisel with (1.26 or newer)',
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
