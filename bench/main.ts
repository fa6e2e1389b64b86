// `npm run bench`: runs scenarios, prints and keeps them; compares two runs; writes the report.
import { fileURLToPath } from 'node:url';
import { compareRuns } from './compare.ts';
import { helpText, parseOptions, UsageError } from './options.ts';
import type { RunOptions } from './options.ts';
import { writeProfileSummaries, writeReport } from './report/index.ts';
import { runScenarios } from './run-scenarios.ts';
import { SCENARIOS } from './scenarios/index.ts';

const FAILURE = 1;
const MISUSE = 2;
/** As a shell tells of a process that was interrupted: 128 + SIGINT. */
const INTERRUPTED = 130;
const RESULTS_DIR = fileURLToPath(new URL('results', import.meta.url));
const DOCS_DIR = fileURLToPath(new URL('../docs', import.meta.url));

class Interrupted extends Error {}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function run(options: RunOptions): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => {
    // A second one does not wait for what is being taken down; the processes end with this one.
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    process.stderr.write('bench: interrupted, everything is taken down\n');
    controller.abort(new Interrupted('interrupted'));
  };
  using listeners = new DisposableStack();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, interrupt);
    listeners.defer(() => process.off(signal, interrupt));
  }
  const scenarios = SCENARIOS.filter(({ name }) => options.scenarios.includes(name));
  const environment = { print, signal: controller.signal, resultsDir: RESULTS_DIR };
  return (await runScenarios(scenarios, options, environment)) ? 0 : FAILURE;
}

async function main(args: readonly string[]): Promise<number> {
  const command = parseOptions(args, SCENARIOS);
  switch (command.command) {
    case 'run':
      return run(command);
    case 'profile':
      for (const file of await writeProfileSummaries(command.profileDir, RESULTS_DIR)) {
        print(`written to ${file}`);
      }
      break;
    case 'report':
      for (const file of await writeReport(RESULTS_DIR, DOCS_DIR)) print(`written to ${file}`);
      break;
    case 'compare':
      print(await compareRuns(command.before, command.after));
      break;
    case 'help':
      print(helpText(SCENARIOS));
      break;
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`bench: ${error.message}\nTry --help.\n`);
    process.exitCode = MISUSE;
  } else if (error instanceof Interrupted) {
    process.exitCode = INTERRUPTED;
  } else {
    process.stderr.write(`bench: ${String(error)}\n`);
    process.exitCode = FAILURE;
  }
}
