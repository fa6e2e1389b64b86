import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../bench/options.ts';
import { readResult } from '../../bench/result-file.ts';
import { ROUTES } from '../../bench/routes/index.ts';
import { runScenarios } from '../../bench/run-scenarios.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../bench/scenario.ts';
import { SCENARIOS } from '../../bench/scenarios/index.ts';
import { THROUGHPUT } from './results.ts';

const RIGHT = { name: 'right', passed: true, detail: '' };
const OUTCOME: ScenarioOutcome = {
  settings: {},
  versions: {},
  figures: [THROUGHPUT],
  comparisons: [],
  targets: [],
  absent: [],
  checks: [RIGHT],
  notes: [],
};

function scenario(name: string, run: (context: RunContext) => Promise<ScenarioOutcome>): Scenario {
  return { name, title: `the scenario ${name}`, cases: ['one'], run };
}

let directory: string;
let lines: string[];
let controller: AbortController;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bench-run-'));
  lines = [];
  controller = new AbortController();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function run(scenarios: readonly Scenario[], changed: Partial<RunOptions> = {}): Promise<boolean> {
  const options: RunOptions = {
    command: 'run',
    scenarios: scenarios.map(({ name }) => name),
    quick: false,
    client: 'light',
    rounds: undefined,
    cases: [],
    routes: ROUTES,
    profileDir: undefined,
    out: undefined,
    ...changed,
  };
  return runScenarios(scenarios, options, {
    print: (text) => lines.push(text),
    signal: controller.signal,
    resultsDir: directory,
  });
}

describe('a run', () => {
  it('keeps each result as it ends, with the machine', async () => {
    expect(await run([scenario('a', async () => OUTCOME)])).toBe(true);
    const result = await readResult(join(directory, 'a.json'));
    expect(result).toMatchObject({ bench: 'a', figures: [THROUGHPUT], verification: { passed: true } });
    expect(result.machine.cpuCount).toBeGreaterThan(0);
  });

  it('goes on after a scenario that fails, and says so at the end', async () => {
    const failing = scenario('a', async () => {
      throw new Error('no port', { cause: new Error('all taken') });
    });
    expect(await run([failing, scenario('b', async () => OUTCOME)])).toBe(false);
    expect(readdirSync(directory)).toEqual(['b.json']);
    expect(lines).toContain('FAILED  a: no port: all taken');
    expect(lines.at(-1)).toMatch(/failed: a$/);
  });

  it.each([
    { what: 'wrong', checks: [RIGHT, { ...RIGHT, passed: false }] },
    { what: 'not checked', checks: [] },
  ])('fails for answers that are $what', async ({ checks }) => {
    expect(await run([scenario('a', async () => ({ ...OUTCOME, checks }))])).toBe(false);
  });

  it('does not fail for a scenario without any of the routes, and keeps nothing of it', async () => {
    const empty = { ...OUTCOME, figures: [], checks: [] };
    expect(await run([scenario('a', async () => empty)])).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
    expect(lines.join('\n')).toContain('nothing to measure');
  });

  it('that is quick keeps nothing, and says what its figures are worth', async () => {
    expect(await run([scenario('a', async () => OUTCOME)], { quick: true })).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
    expect(lines.at(-1)).toMatch(/NO figures to keep/);
  });

  it('that is asked for a place writes there whatever it is', async () => {
    const out = join(directory, 'mine');
    await run([scenario('a', async () => OUTCOME)], { quick: true, out });
    expect(readdirSync(out)).toEqual(['a.json']);
  });

  it('gives each scenario its own cases only', async () => {
    const seen: (readonly string[])[] = [];
    const watching = scenario('a', async ({ cases }) => {
      seen.push(cases);
      return OUTCOME;
    });
    await run([watching], { cases: ['one', 'two'] });
    expect(seen).toEqual([['one']]);
  });

  it('that is interrupted runs nothing more', async () => {
    const interrupted = scenario('a', async () => {
      controller.abort(new Error('interrupted'));
      throw new Error('the load has ended');
    });
    let hasRun = false;
    const next = scenario('b', async () => {
      hasRun = true;
      return OUTCOME;
    });
    await expect(run([interrupted, next])).rejects.toThrow('interrupted');
    expect(hasRun).toBe(false);
  });
});

it('every scenario has a name of its own, fit for a file', () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
});
