// Runs the informer program and reads its lines: what a controller of client-go's would have seen, and when it asked.
import { createKubectl, HELD_OPEN } from '../kubectl.ts';

/** One line of ../tools/informer/main.go. */
export interface InformerLine {
  readonly type: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly message: string;
}

export interface InformerOptions {
  readonly namespace: string;
  /** Of each watch; client-go's own five to ten minutes where it is left out. */
  readonly watchSeconds?: number;
  readonly timeLimitMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Informer {
  lines(): readonly InformerLine[];
  /** Resolves as soon as the lines so far are enough; rejects when the informer ends before. */
  until(isEnough: (lines: readonly InformerLine[]) => boolean): Promise<void>;
  /** Ends it; all of its lines. @throws Error unless it ended in order. */
  stop(): Promise<readonly InformerLine[]>;
}

export function startInformer(file: string, kubeconfig: string, options: InformerOptions): Informer {
  const { namespace, watchSeconds = 0, timeLimitMs } = options;
  const args = [
    '--kubeconfig',
    kubeconfig,
    '--namespace',
    namespace,
    '--watch-seconds',
    String(watchSeconds),
  ];
  const running = createKubectl(file, kubeconfig, options.environment).start(args, {
    input: HELD_OPEN,
    timeLimitMs,
  });
  const found: InformerLine[] = [];
  let readTo = 0;
  const lines = (): readonly InformerLine[] => {
    const text = running.stdout();
    for (let end = text.indexOf('\n', readTo); end >= 0; end = text.indexOf('\n', readTo)) {
      found.push(parseLine(JSON.parse(text.slice(readTo, end))));
      readTo = end + 1;
    }
    return found;
  };
  return {
    lines,
    until: (isEnough) => running.printed(() => isEnough(lines())),
    stop: async () => {
      // It ends with its standard input.
      running.stdin.end();
      const { exitCode, stderr } = await running.ended;
      if (exitCode !== 0) throw new Error(`the informer ended with ${exitCode}: ${stderr}`);
      return lines();
    },
  };
}

function parseLine(line: unknown): InformerLine {
  const record: Readonly<Record<string, unknown>> = { ...(typeof line === 'object' ? line : {}) };
  const text = (name: string): string => {
    const value = record[name] ?? '';
    return typeof value === 'string' ? value : '';
  };
  return {
    type: text('type'),
    name: text('name'),
    resourceVersion: text('resourceVersion'),
    timeoutSeconds: Number(record['timeoutSeconds'] ?? 0),
    message: text('message'),
  };
}
