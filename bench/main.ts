// `npm run bench -- SCENARIO`: runs it, prints it, keeps it.
import { fileURLToPath } from 'node:url';
import { TARGETS } from './bed.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import type { BenchOptions } from './options.ts';
import { renderChecks, renderComparisons, renderMeasurements, renderTargets } from './report.ts';
import { writeResult } from './result-file.ts';
import { runSmall } from './scenario-small.ts';

const MISUSE = 2;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function resultFile(options: BenchOptions): string | undefined {
  if (options.out !== undefined) return options.out;
  const isWhole =
    !options.quick &&
    options.cases.length === 0 &&
    options.targets.length === TARGETS.length &&
    options.profileDir === undefined &&
    options.client === 'light';
  return isWhole ? fileURLToPath(new URL(`results/${options.scenario}.json`, import.meta.url)) : undefined;
}

async function run(options: BenchOptions): Promise<number> {
  const { measured, result } = await runSmall(options, print);
  const blocks = [
    renderMeasurements(measured),
    result.comparisons.length > 0 ? renderComparisons(result.comparisons) : '',
    renderTargets(result.targets),
    renderChecks(result.verification.checks),
  ];
  print(`\n${blocks.filter((block) => block !== '').join('\n\n')}`);
  if (options.profileDir !== undefined)
    print(`CPU profiles are in ${options.profileDir}; the figures are slowed by them`);
  const file = resultFile(options);
  if (file !== undefined) {
    await writeResult(file, result);
    print(`written to ${file}`);
  }
  return result.verification.passed ? 0 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') print(HELP);
  else process.exitCode = await run(options);
} catch (error) {
  const isMisuse = error instanceof UsageError;
  process.stderr.write(isMisuse ? `bench: ${error.message}\nTry --help.\n` : `bench: ${String(error)}\n`);
  process.exitCode = isMisuse ? MISUSE : 1;
}
