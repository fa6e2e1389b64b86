// The last thing before a report is shown, in whichever form: every text in it is scrubbed and brought onto one line.
import type { Fact, Facts } from './hops.ts';
import type { Report } from './report.ts';
import type { Scrubber } from './scrub.ts';

export function scrubReport(report: Report, scrubber: Scrubber): Report {
  const clean = (text: string): string => scrubber.text(text).replace(/\s+/g, ' ');
  const { target, diagnosis, hops } = report;
  return {
    ...report,
    target: { name: clean(target.name), server: clean(target.server), namespace: clean(target.namespace) },
    diagnosis: { ...diagnosis, message: clean(diagnosis.message), advice: clean(diagnosis.advice) },
    hops: hops.map((line) => ({
      ...line,
      message: clean(line.message),
      facts: cleanFacts(line.facts, clean),
      notes: line.notes.map(clean),
    })),
  };
}

function cleanFacts(facts: Facts, clean: (text: string) => string): Facts {
  const cleaned = Object.entries(facts).map(([name, fact]): [string, Fact] => {
    if (typeof fact === 'string') return [name, clean(fact)];
    return [name, typeof fact === 'object' ? fact.map(clean) : fact];
  });
  return Object.fromEntries(cleaned);
}
