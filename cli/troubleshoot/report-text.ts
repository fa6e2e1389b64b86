// The report for a person: a line for each hop, what the token says, and one diagnosis with what to do.
import type { Fact, HopName } from './hops.ts';
import type { HopLine, Report } from './report.ts';

const HOP_WIDTH = 10;
const STATE_WIDTH = 7;
const NAME_WIDTH = 16;
/** Whose facts are worth a line each. */
const IN_FULL: ReadonlySet<HopName> = new Set(['token']);

const COLOURS: Readonly<Record<HopLine['state'], string>> = { ok: '32', failed: '31', skipped: '2' };

/** With a final line break. Colours only where somebody said that they can be seen. */
export function reportText(report: Report, options: { readonly colours: boolean }): string {
  const { target, hops } = report;
  const head = target.server === '' ? [] : [`${target.name} at ${target.server}`, ''];
  const lines = hops.flatMap((hop) => hopLines(hop, options.colours));
  return `${[...head, ...lines, '', ...diagnosisLines(report)].join('\n')}\n`;
}

function hopLines({ hop, state, message, facts, notes }: HopLine, colours: boolean): string[] {
  const word = state.padEnd(STATE_WIDTH);
  const coloured = colours ? `\u001b[${COLOURS[state]}m${word}\u001b[0m` : word;
  const indent = ' '.repeat(STATE_WIDTH + HOP_WIDTH + 4);
  const shownFacts = IN_FULL.has(hop) ? Object.entries(facts) : [];
  return [
    `${coloured}  ${hop.padEnd(HOP_WIDTH)}  ${message}`,
    ...shownFacts.flatMap(([name, fact]) => {
      const text = factText(fact);
      return text === '' ? [] : [`${indent}${name.padEnd(NAME_WIDTH)} ${text}`];
    }),
    ...notes.map((note) => `${indent}note: ${note}`),
  ];
}

function factText(fact: Fact): string {
  return typeof fact === 'object' ? fact.join(', ') : String(fact);
}

function diagnosisLines({ result, diagnosis, target, hops }: Report): string[] {
  const { hop, problem, message, advice, errorCode, requestId } = diagnosis;
  if (result === 'ok') {
    const hasContext = hops[0]?.facts['context'] !== undefined;
    const next = hasContext
      ? `kubectl --context ${target.name} --namespace ${target.namespace} get pods`
      : 'cluster-connect get-credentials, with the same flags';
    return [`Every hop works. Next: ${next}`];
  }
  if (result === 'incomplete') {
    const reason =
      hops.find(({ state, hop: name }) => state === 'skipped' && name === 'token')?.message ?? '';
    return [`What was tried works. Not tried further: ${reason}.`];
  }
  const marks = [problem, errorCode, requestId === '' ? '' : `request id ${requestId}`];
  return [
    `The hop ${hop} fails: ${message}.`,
    `  (${marks.filter((mark) => mark !== '').join(', ')})`,
    '',
    `What to do: ${advice}`,
  ];
}
