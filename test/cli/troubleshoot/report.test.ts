// The report itself: its words, its colours, what is never in it; and that docs/troubleshooting.md knows every problem.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOPS, PROBLEMS, UNEXPECTED, failed, ok } from '../../../cli/troubleshoot/hops.ts';
import { createJourney } from '../../../cli/troubleshoot/journey.ts';
import { createReport } from '../../../cli/troubleshoot/report.ts';
import { reportText } from '../../../cli/troubleshoot/report-text.ts';
import { scrubReport } from '../../../cli/troubleshoot/scrub-report.ts';
import { createScrubber } from '../../../cli/troubleshoot/scrub.ts';

const ORIGIN = { startedAtMs: 0, program: 'test' };

async function journeyOf(message: string) {
  const journey = createJourney();
  const first = await journey.hop('kubeconfig', 1, (from) => ok(from, { message: 'fine', notes: ['but'] }));
  const second = await journey.hop('proxy', first, () =>
    failed('proxy-refused', { message, advice: 'Ask.' }),
  );
  await journey.hop('dns', second, () => ok(1, { message: 'never' }));
  return journey;
}

describe('a report', () => {
  it('has one line for each hop, then the diagnosis', async () => {
    const { hops } = await journeyOf('no');
    const text = reportText(createReport({ route: undefined, hops }, ORIGIN), { colours: false });
    expect(text).toBe(`ok       kubeconfig  fine
                     note: but
failed   proxy       no
skipped  dns         proxy failed

The hop proxy fails: no.
  (proxy-refused)

What to do: Ask.
`);
  });

  it('has colours only where they were asked for', async () => {
    const { hops } = await journeyOf('no');
    const report = createReport({ route: undefined, hops }, ORIGIN);
    expect(reportText(report, { colours: true })).toContain('\u001b[31mfailed \u001b[0m  proxy');
    expect(reportText(report, { colours: false })).not.toContain('\u001b');
  });

  it('tells of a fault of this command like of any other, and goes on to the end', async () => {
    const journey = createJourney();
    const next = await journey.hop('kubeconfig', 1, () => {
      throw new RangeError('a bug');
    });
    await journey.hop('proxy', next, () => ok(1, { message: 'never' }));
    const report = createReport({ route: undefined, hops: journey.hops }, ORIGIN);
    expect(report.diagnosis).toMatchObject({ hop: 'kubeconfig', problem: UNEXPECTED });
    expect(report.diagnosis.message).toContain('a bug');
    expect(report.hops.map(({ state }) => state)).toEqual(['failed', 'skipped']);
  });

  it('holds no secret, no escape sequence and no second line, wherever they came from', async () => {
    const scrubber = createScrubber({
      MY_CLIENT_SECRET: 'secret-of-env',
      MY_TOKEN_FILE: '/a/path/that/stays',
    });
    scrubber.hideToken('head-part.payload-part.signature-part');
    scrubber.hideArguments(['--client-secret', 'secret-of-args', '--password=secret-too']);
    scrubber.hideAddress('http://me:p%40ssword-canary@proxy:3128');
    const bad = [
      'secret-of-env',
      'payload-part',
      'signature-part',
      'secret-of-args',
      'secret-too',

      'p%40ssword-canary',
      'p@ssword-canary',
      'Bearer abcdef',
      `eyJhbGciOi.${'x'.repeat(9)}.y`,
      'k'.repeat(342),
    ];
    const { hops } = await journeyOf(`a\u001b[31m\n${bad.join(' ')} /a/path/that/stays`);
    const clean = scrubReport(createReport({ route: undefined, hops }, ORIGIN), scrubber);
    const text = reportText(clean, { colours: false }) + JSON.stringify(clean);
    for (const one of bad) expect(text).not.toContain(one);
    expect(text).not.toContain('\u001b');
    expect(clean.diagnosis.message).toMatch(/^a\?\[31m \[redacted\] .* \/a\/path\/that\/stays$/);
  });
});

it('docs/troubleshooting.md has every hop and every problem, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z]+)`\s*\| `([a-z-]+)`\s*\|/gm)].map(
    ([, hop, problem]) => `${hop} ${problem}`,
  );
  const known = HOPS.flatMap((hop) => PROBLEMS[hop].map((problem) => `${hop} ${problem}`));
  expect(rows.toSorted()).toEqual(known.toSorted());
  expect(page).toContain(`\`${UNEXPECTED}\``);
});
