// `npm run demo`: runs the demo, and sees that nothing of it is left, however it ends.
import { HELP, parseArguments } from './arguments.ts';
import type { DemoArguments } from './arguments.ts';
import { DemoError } from './demo-error.ts';
import { SAME_SIGNAL_MS, TEXT_COLUMNS } from './limits.ts';
import { runDemo } from './run-demo.ts';
import { createPaint, createRenderer, wantsColour } from './tour/index.ts';
import { createCleanup } from './world/index.ts';

const EXIT = { ok: 0, failure: 1, usage: 2 } as const;
/** 128 and the signal's number, as shells count. */
const SIGNAL_EXITS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  let options: DemoArguments;
  try {
    options = parseArguments(process.argv.slice(2));
  } catch (error) {
    return fail(error);
  }
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }

  const stop = new AbortController();
  const cleanup = createCleanup((what, error) => complain(`${what} could not be ended or removed`, error));
  let isStaying = false;
  let exitCode: number | undefined;
  const abort = (code: number): void => {
    exitCode ??= isStaying ? undefined : code;
    stop.abort(new Error('the demo was ended'));
  };
  endOnSignals(stop.signal, abort);
  // A reader that has gone, as in `npm run demo | head`.
  process.stdout.on('error', () => abort(EXIT.failure));

  const paint = createPaint(wantsColour(process.stdout.isTTY, process.env));
  let code: number;
  try {
    const allAsExpected = await runDemo({
      arguments: options,
      environment: process.env,
      paint,
      render: createRenderer(paint, process.stdout.isTTY ? process.stdout.columns : TEXT_COLUMNS),
      write: (text) => void process.stdout.write(text),
      cleanup,
      signal: stop.signal,
      onStaying: () => {
        isStaying = true;
      },
    });
    code = allAsExpected ? EXIT.ok : EXIT.failure;
  } catch (error) {
    code = stop.signal.aborted ? EXIT.failure : fail(error);
  }
  if (stop.signal.aborted) process.stdout.write('\nEnding the demo.\n');
  await cleanup.run();
  return exitCode ?? code;
}

/** The first signal ends the demo in order; another one, a while later, ends it at once. */
function endOnSignals(aborted: AbortSignal, abort: (code: number) => void): void {
  let firstAt = 0;
  for (const [name, code] of Object.entries(SIGNAL_EXITS)) {
    process.on(name, () => {
      if (!aborted.aborted) {
        firstAt = performance.now();
        abort(code);
      } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
        // The guards of the temporary directories end what still runs.
        process.exit(code);
      }
    });
  }
}

function fail(error: unknown): number {
  if (error instanceof DemoError) {
    process.stderr.write(`demo: ${error.message}\n`);
    for (const line of error.tail) process.stderr.write(`  ${line}\n`);
    return error.code === 'CC_ERR_DEMO_USAGE' ? EXIT.usage : EXIT.failure;
  }
  complain('the demo could not go on', error);
  return EXIT.failure;
}

function complain(what: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`demo: ${what}: ${why}\n`);
  if (error instanceof DemoError) for (const line of error.tail) process.stderr.write(`  ${line}\n`);
}
