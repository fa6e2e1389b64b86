import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { figure } from '../../../bench/measure/index.ts';
import { blockNames } from '../../../bench/report/blocks.ts';
import { writeProfileSummaries, writeReport } from '../../../bench/report/index.ts';
import { writeResult } from '../../../bench/result-file.ts';
import { SCENARIOS } from '../../../bench/scenarios/index.ts';
import { resultOf } from '../results.ts';

const COMMON = ['machine', 'routes', 'targets', 'peers-ahead', 'absent', 'profiles'];
const FIGURES = [
  figure('http1-32.relay.throughput', 'requests/s', true, [900, 1000, 1100]),
  figure('http1-32.relay.cpu.gateway', 'µs/request', false, [10, 10, 10]),
  figure('http1-32.relay.cpu.agent', 'µs/request', false, [20, 20, 20]),
  figure('http1-32.nginx.throughput', 'requests/s', true, [3000, 3000, 3000]),
];

function documentOf(names: readonly string[]): string {
  return names.map((name) => `Of ${name}.\n\n<!-- bench:${name} -->\n<!-- /bench:${name} -->\n`).join('\n');
}

describe('the report', () => {
  let directory = '';
  let results = '';
  let docs = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cluster-connect-report-'));
    results = join(directory, 'results');
    docs = join(directory, 'docs');
    await mkdir(results);
    await mkdir(docs);
    await writeFile(join(docs, 'performance.md'), documentOf([...COMMON, 'small', 'lists']));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const report = async (): Promise<string> => {
    await writeReport(results, docs);
    return readFile(join(docs, 'performance.md'), 'utf8');
  };

  it('has the figures of a scenario as table and plot, its targets and who is absent', async () => {
    await writeResult(
      join(results, 'small.json'),
      resultOf({
        figures: FIGURES,
        targets: [{ name: 'fast enough', bound: '>= 2 ×', value: 1.5, met: false }],
        absent: [{ name: 'ssh', reason: 'no sshd | here' }],
        versions: { nginx: 'nginx 1.2' },
      }),
    );
    const files = await writeReport(results, docs);
    expect(files).toEqual([join(docs, 'performance', 'small.svg'), join(docs, 'performance.md')]);
    const text = await readFile(join(docs, 'performance.md'), 'utf8');
    expect(text).toMatch(/\| \*\*relay\*\* \| +1,000 \| 10 % +\| +30\.0 \| gateway 10\.0, agent 20\.0 +\|/);
    expect(text).toContain('](performance/small.svg)');
    expect(text).toContain('0 of 1 targets are met.');
    expect(text).toMatch(/\| fast enough \| ≥ 2 × \| 1\.50 × +\| \*\*MISSED\*\* \|/);
    expect(text).toMatch(/\| ssh +\| small +\| no sshd &#124; here/);
    expect(text).toMatch(/\| nginx \| hop +\|.*\| nginx 1\.2 \|/);
    expect(text).toContain('In 1 of 1 comparisons');
    expect(text).toContain('Verified: 1 of 1 checks passed.');
    expect(await readFile(join(docs, 'performance', 'small.svg'), 'utf8')).toMatch(/^<svg /);
  });

  it('compares the variants where one route alone was measured', async () => {
    const of = (name: string, value: number) =>
      figure(`${name}.relay.throughput`, 'requests/s', true, [value, value, value]);
    const figures = [of('small-1', 1000), of('small-2-one-tunnel', 1500), of('alone', 5)];
    await writeResult(join(results, 'small.json'), resultOf({ figures }));
    const text = await report();
    expect(text).toMatch(/\*\*small\*\*\n\n\| variant/);
    expect(text).toMatch(/\| 1 +\| +1,000 \|.*\n\| 2-one-tunnel \| +1,500 \|/);
    expect(text).toMatch(/\*\*alone\*\*\n\n\| route +\|.*\n.*\n\| \*\*relay\*\* \|/);
    expect(text).toContain('small: throughput: 1 1,000, 2-one-tunnel 1,500 requests/s');
  });

  it('says of a failed verification what failed', async () => {
    const verification = { passed: false, checks: [{ name: 'right', passed: false, detail: 'no' }] };
    await writeResult(join(results, 'small.json'), resultOf({ verification }));
    expect(await report()).toContain('FAILED: right (no)');
  });

  it('says of a scenario without a result that there is none, and how to make one', async () => {
    expect(await report()).toContain(
      'No result of this scenario is kept; `npm run bench -- lists` makes one.',
    );
  });

  it('is the same when it is made again', async () => {
    await writeResult(join(results, 'small.json'), resultOf({ figures: FIGURES }));
    const once = await report();
    expect(await report()).toBe(once);
  });

  it('asks for the markers of a result that has no place', async () => {
    await writeResult(join(results, 'bulk.json'), resultOf({ bench: 'bulk' }));
    await expect(report()).rejects.toThrow('the document has no place for: <!-- bench:bulk -->');
  });

  it('names the file that is no result', async () => {
    await writeFile(join(results, 'small.json'), '{}');
    await expect(report()).rejects.toThrow('small.json is not a result');
  });

  it('shows the summaries of profiles that are kept beside the results', async () => {
    const profiles = join(directory, 'profiles');
    await mkdir(join(profiles, 'small'), { recursive: true });
    const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 3] },
        { id: 2, callFrame: frame('(garbage collector)', '') },
        { id: 3, callFrame: frame('parserOnBody', 'node:_http_common') },
      ],
      samples: [2, 3],
      timeDeltas: [1000, 3000],
    };
    await writeFile(join(profiles, 'small', 'http1-32.gateway.cpuprofile'), JSON.stringify(profile));
    const kept = join(results, 'profiles', 'small.http1-32.gateway.json');
    expect(await writeProfileSummaries(profiles, results)).toEqual([kept]);
    const text = await report();
    expect(text).toContain('**small, http1-32**');
    expect(text).toMatch(/\| garbage collection +\| 25\.0 % +\|/);
    expect(text).toContain('- gateway: parserOnBody (node:_http_common) 75.0 %');
  });

  it('makes no summaries of a folder without profiles', async () => {
    await expect(writeProfileSummaries(docs, results)).rejects.toThrow(/has no SCENARIO/);
  });
});

it('docs/performance.md has a place for every scenario', async () => {
  const names = blockNames(await readFile(join(import.meta.dirname, '../../../docs/performance.md'), 'utf8'));
  expect([...COMMON, ...SCENARIOS.map(({ name }) => name)].filter((name) => !names.includes(name))).toEqual(
    [],
  );
});
