// Walks through the table of steps: shows each as it happens, and judges it.
import { STEP_OUTPUT_CHARACTERS, STEP_TIMEOUT_MS } from '../limits.ts';
import { describeSockets, readSockets, socketCommand, socketDifferences } from './agent-sockets.ts';
import { differences } from './expectation.ts';
import type { Renderer, StepResult } from './render.ts';
import type { CallStep, SocketStep, TourStep } from './step.ts';
import type { RunningCall, Way } from './way.ts';

export interface TourOptions {
  readonly way: Way;
  readonly render: Renderer;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
  readonly agent: {
    readonly pid: number;
    /** `127.0.0.1:8443` */
    readonly gatewayAddress: string;
    /** What is at which address. */
    readonly names: ReadonlyMap<string, string>;
  };
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws the signal's reason when it was aborted meanwhile */
export async function runTour(
  steps: readonly TourStep[],
  options: TourOptions,
): Promise<readonly StepResult[]> {
  const { render, write, signal } = options;
  const results: StepResult[] = [];
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted();
    write(render.header(index + 1, step.title));
    const result =
      step.kind === 'call' ? await runCallStep(step, options) : await runSocketStep(step, options);
    signal.throwIfAborted();
    write(render.verdict(result));
    results.push(result);
  }
  return results;
}

async function runCallStep(step: CallStep, options: TourOptions): Promise<StepResult> {
  const { way, render, write, signal } = options;
  const { meanwhile } = step;
  const shown = createLineWriter((line) => write(render.output(line)));
  const startedAt = performance.now();
  let text = '';
  let endedByTour = false;
  let second: RunningCall | undefined;
  let secondCode: number | undefined;

  const onText = (piece: string): void => {
    if (text.length > STEP_OUTPUT_CHARACTERS) return;
    text += piece;
    shown.write(piece);
    if (meanwhile === undefined) return;
    if (second === undefined && meanwhile.after.test(wholeLines(text))) {
      write(render.command(`${way.command(meanwhile.call)}   # meanwhile`));
      second = way.start(meanwhile.call, onText);
      void second.ended.then((code) => {
        secondCode = code;
        // Both must be over: the event that was waited for, and the call that made it.
        endWatch();
      });
    }
    endWatch();
  };
  const endWatch = (): void => {
    if (meanwhile === undefined || secondCode === undefined) return;
    const hasFailed = way.name === 'kubectl' ? secondCode !== 0 : secondCode >= 300 || secondCode < 200;
    if (!hasFailed && !meanwhile.until.test(wholeLines(text))) return;
    endedByTour = true;
    first.interrupt();
  };

  write(render.command(way.command(step.call)));
  const first = way.start(step.call, onText);
  const kill = (): void => {
    first.kill();
    second?.kill();
  };
  const timer = setTimeout(kill, STEP_TIMEOUT_MS);
  signal.addEventListener('abort', kill);
  const code = await first.ended;
  await second?.ended;
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  shown.flush();

  const outcome = { way: way.name, code, endedByTour, text };
  // Exit codes end at 255, and refusals of an upgrade begin at 300.
  const isExitCode = way.name === 'kubectl' || (step.call.plain.kind === 'exec' && code < 256);
  return {
    title: step.title,
    ms: performance.now() - startedAt,
    how: endedByTour ? 'ended by the tour' : `${isExitCode ? 'exit code' : 'status'} ${code}`,
    differences: differences(outcome, step.expects),
    ...(step.note === undefined ? {} : { note: step.note }),
  };
}

async function runSocketStep(step: SocketStep, options: TourOptions): Promise<StepResult> {
  const { render, write, agent } = options;
  const startedAt = performance.now();
  write(render.command(`${socketCommand(agent.pid)}   # in short:`));
  const found = await readSockets(agent.pid, options.environment).catch((error: unknown) => {
    return `the sockets could not be read: ${error instanceof Error ? error.message : 'unknown'}`;
  });
  if (typeof found !== 'string') {
    for (const line of describeSockets(found, agent.names)) write(render.output(line));
  }
  return {
    title: step.title,
    ms: performance.now() - startedAt,
    how: `process ${agent.pid}`,
    differences: typeof found === 'string' ? [found] : socketDifferences(found, agent.gatewayAddress),
    ...(step.note === undefined ? {} : { note: step.note }),
  };
}

/** What has arrived without the line that is still coming. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** Whole lines as they come, and the rest at the end. */
function createLineWriter(onLine: (line: string) => void): { write(text: string): void; flush(): void } {
  let rest = '';
  return {
    write: (text) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    },
    flush: () => {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
