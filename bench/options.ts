// The command line of the bench. Pure.
import { parseArgs } from 'node:util';
import { TARGETS } from './bed.ts';
import type { TargetName } from './bed.ts';
import { LOAD_CLIENTS } from './load/index.ts';
import type { LoadSpec } from './load/index.ts';

export interface BenchOptions {
  readonly scenario: 'small';
  readonly quick: boolean;
  readonly client: LoadSpec['client'];
  /** Undefined is what the scenario has by default. */
  readonly rounds: number | undefined;
  /** Empty is all of them. */
  readonly cases: readonly string[];
  readonly targets: readonly TargetName[];
  readonly profileDir: string | undefined;
  /** Where the JSON goes; undefined is the scenario's own place, and nowhere for a partial run. */
  readonly out: string | undefined;
}

/** The command line is wrong: told to whoever wrote it, without a stack. */
export class UsageError extends RangeError {}

export const HELP = `Usage: npm run bench -- SCENARIO [options]

Measures the whole way, authentication on: load -> gateway -> tunnel -> relay-agent -> apiserver stand-in, TLS on every
hop, each in a process of its own; beside the stand-in directly and http-proxy as one hop, in turn.

Scenarios:
  small            2 KB answers, a token of 3 KB, 32 connections and 1, HTTP/1.1 and HTTP/2

Options:
  --quick          shorter rounds: a first look, not a result to keep
  --rounds N       how often each target has its turn (5; at least 5 for a result to keep)
  --client NAME    what makes the load: light (default: TLS sockets and prebuilt requests of our own), or autocannon
                   (which is node:http2 in HTTP/2: autocannon does not speak it)
  --case NAME      only this case, such as http1-32; may be repeated
  --target NAME    only this target: ${TARGETS.join(', ')}; may be repeated
  --prof-dir DIR   writes a CPU profile of gateway and agent there, of each case's last round; keeps no result
  --out FILE       where the JSON goes (bench/results/SCENARIO.json; none for a quick, partial or profiled run)
  --help           this text

Exit code: 0 when every answer was right, whatever the speed; 1 when one was wrong; 2 for a wrong command line.`;

/** @throws UsageError that says what is wrong with the command line */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true || args.length === 0) return 'help';
  const [scenario, ...more] = positionals;
  if (scenario !== 'small' || more.length > 0) throw new UsageError('name one scenario: small');
  const client = LOAD_CLIENTS.find((name) => name === (values.client ?? 'light'));
  if (client === undefined) throw new UsageError(`--client is one of: ${LOAD_CLIENTS.join(', ')}`);
  return {
    scenario,
    quick: values.quick ?? false,
    client,
    rounds: values.rounds === undefined ? undefined : roundCount(values.rounds),
    cases: values.case ?? [],
    targets: targetNames(values.target),
    profileDir: values['prof-dir'],
    out: values.out,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        client: { type: 'string' },
        case: { type: 'string', multiple: true },
        target: { type: 'string', multiple: true },
        'prof-dir': { type: 'string' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function roundCount(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new UsageError('--rounds is a whole number from 1 to 100');
  }
  return rounds;
}

function targetNames(names: readonly string[] | undefined): readonly TargetName[] {
  if (names === undefined) return TARGETS;
  return names.map((name) => {
    const target = TARGETS.find((candidate) => candidate === name);
    if (target === undefined) throw new UsageError(`--target is one of: ${TARGETS.join(', ')}`);
    return target;
  });
}
