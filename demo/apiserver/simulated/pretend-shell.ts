// The commands that exec can run in a simulated pod. All of them are written here; nothing of the machine that runs
// the stand-in is executed or read.
import { ShellSyntaxError, parseScript } from './shell-words.ts';
import type { SimpleCommand } from './shell-words.ts';

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

/** What a command is connected to. Writing waits for a slow client; both reject once the session is over. */
export interface ShellStreams {
  /** The next bytes of standard input, undefined at its end. */
  read(): Promise<Buffer | undefined>;
  write(to: 'stdout' | 'stderr', data: string | Buffer): Promise<void>;
  /** Undefined without a TTY. */
  terminal(): Terminal | undefined;
  /** Waits, but no longer than the session lasts. */
  pause(ms: number): Promise<void>;
}

export interface ShellPod {
  readonly name: string;
  readonly namespace: string;
  readonly environment: ReadonlyMap<string, string>;
}

type Command = (words: readonly string[], context: Context) => Promise<number> | number;

interface Context {
  readonly pod: ShellPod;
  readonly streams: ShellStreams;
  readonly files: ReadonlyMap<string, string>;
  directory: string;
  readonly print: (text: string | Buffer) => Promise<void>;
  readonly complain: (text: string) => Promise<void>;
}

const MAX_SLEEP_SECONDS = 3600;
const MAX_SEQUENCE = 10_000_000;
const SEQUENCE_SLICE = 4_000;
const SHELLS = new Set(['sh', 'bash', 'ash', '/bin/sh', '/bin/bash', '/bin/ash']);
const NOT_FOUND = 127;
const MISUSE = 2;

/** Thrown by `exit`, caught by the shell that runs it. */
class ShellExit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('exit');
    this.exitCode = exitCode;
  }
}

/** Runs a command as exec gives it and resolves to its exit code. Rejects only when the session is over. */
export async function runPretendCommand(
  argv: readonly string[],
  pod: ShellPod,
  streams: ShellStreams,
): Promise<number> {
  const context: Context = {
    pod,
    streams,
    files: filesOf(pod),
    directory: '/',
    print: (text) => streams.write('stdout', text),
    complain: (text) => streams.write('stderr', `${text}\n`),
  };
  try {
    return await runWords(argv, context);
  } catch (error) {
    if (error instanceof ShellExit) return error.exitCode;
    throw error;
  }
}

async function runWords(words: readonly string[], context: Context): Promise<number> {
  const [name = '', ...rest] = words;
  if (SHELLS.has(name)) return runShell(rest, context);
  const command = COMMANDS.get(name.replace(/^\/(?:usr\/)?bin\//, ''));
  if (command !== undefined) return command(rest, context);
  await context.complain(`sh: ${name}: not found (the stand-in runs only a few pretend commands: try help)`);
  return NOT_FOUND;
}

async function runShell(words: readonly string[], context: Context): Promise<number> {
  const script = words[words.findIndex((word) => /^-\w*c$/.test(word)) + 1];
  try {
    if (words.some((word) => /^-\w*c$/.test(word))) return await runScript(script ?? '', context);
    return await runLines(context);
  } catch (error) {
    if (error instanceof ShellExit) return error.exitCode;
    throw error;
  }
}

async function runLines(context: Context): Promise<number> {
  const interactive = context.streams.terminal() !== undefined;
  const prompt = async (): Promise<void> => {
    if (interactive) await context.print(`${context.directory} # `);
  };
  let pending = '';
  let exitCode = 0;
  await prompt();
  for (let chunk = await context.streams.read(); chunk !== undefined; chunk = await context.streams.read()) {
    pending += chunk.toString('utf8');
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const line = pending.slice(0, end);
      pending = pending.slice(end + 1);
      exitCode = await runScript(line, context, exitCode);
      await prompt();
    }
  }
  return pending === '' ? exitCode : runScript(pending, context, exitCode);
}

async function runScript(script: string, context: Context, before = 0): Promise<number> {
  let exitCode = before;
  const variable = (name: string): string => {
    return name === '?' ? String(exitCode) : (context.pod.environment.get(name) ?? '');
  };
  try {
    for (const { after, words, output } of parseScript(script, variable)) {
      const skip = (after === '&&' && exitCode !== 0) || (after === '||' && exitCode === 0);
      if (!skip) exitCode = await runWords(words, redirect(context, output));
    }
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    await context.complain(`sh: the pretend shell does not know ${error.message}`);
    return MISUSE;
  }
  return exitCode;
}

function redirect(context: Context, output: SimpleCommand['output']): Context {
  if (output === 'stdout') return context;
  const print =
    output === 'stderr' ? (text: string | Buffer) => context.streams.write('stderr', text) : async () => {};
  return { ...context, print };
}

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['true', () => 0],
  ['false', () => 1],
  [':', () => 0],
  ['help', (_, { print }) => done(print(`pretend commands: ${[...COMMANDS.keys()].sort().join(' ')} sh\n`))],
  ['echo', echo],
  ['hostname', (_, { pod, print }) => done(print(`${pod.name}\n`))],
  ['whoami', (_, { print }) => done(print('root\n'))],
  ['id', (_, { print }) => done(print('uid=0(root) gid=0(root) groups=0(root)\n'))],
  ['uname', (_, { pod, print }) => done(print(`Linux ${pod.name} standin\n`))],
  ['date', (_, { print }) => done(print(`${new Date().toUTCString()}\n`))],
  ['env', printEnvironment],
  ['printenv', printEnvironment],
  ['pwd', (_, { directory, print }) => done(print(`${directory}\n`))],
  ['cd', changeDirectory],
  ['ls', listFiles],
  ['cat', concatenate],
  ['wc', countInput],
  ['seq', sequence],
  ['sleep', sleep],
  [
    'tty',
    (_, { streams, print }) => done(print(streams.terminal() === undefined ? 'not a tty\n' : '/dev/pts/0\n')),
  ],
  ['stty', terminalSize],
  [
    'exit',
    ([code = '0']) => {
      throw new ShellExit(Number(code) & 255);
    },
  ],
]);

async function done(work: Promise<void>, exitCode = 0): Promise<number> {
  await work;
  return exitCode;
}

function echo(words: readonly string[], { print }: Context): Promise<number> {
  const bare = words[0] === '-n';
  return done(print(`${(bare ? words.slice(1) : words).join(' ')}${bare ? '' : '\n'}`));
}

function printEnvironment([name]: readonly string[], { pod, print }: Context): Promise<number> {
  if (name === undefined)
    return done(print([...pod.environment].map(([key, value]) => `${key}=${value}\n`).join('')));
  const value = pod.environment.get(name);
  return done(print(value === undefined ? '' : `${value}\n`), value === undefined ? 1 : 0);
}

function changeDirectory([to = '/']: readonly string[], context: Context): Promise<number> | number {
  const path = absolute(to, context.directory);
  if (childrenOf(path, context.files).length === 0) {
    return done(context.complain(`sh: cd: can't cd to ${to}: No such file or directory`), 1);
  }
  context.directory = path;
  return 0;
}

async function listFiles(words: readonly string[], context: Context): Promise<number> {
  const paths = words.filter((word) => !word.startsWith('-'));
  let exitCode = 0;
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const full = absolute(path, context.directory);
    const names = context.files.has(full) ? [path] : childrenOf(full, context.files);
    if (names.length === 0) {
      exitCode = 1;
      await context.complain(`ls: ${path}: No such file or directory`);
    } else await context.print(names.map((name) => `${name}\n`).join(''));
  }
  return exitCode;
}

async function concatenate(words: readonly string[], context: Context): Promise<number> {
  let exitCode = 0;
  for (const word of words.length === 0 ? ['-'] : words) {
    const content = context.files.get(absolute(word, context.directory));
    if (word === '-') {
      for (
        let chunk = await context.streams.read();
        chunk !== undefined;
        chunk = await context.streams.read()
      ) {
        await context.print(chunk);
      }
    } else if (content === undefined) {
      exitCode = 1;
      await context.complain(`cat: can't open '${word}': No such file or directory`);
    } else await context.print(content);
  }
  return exitCode;
}

/** `wc` and `wc -c`, `wc -l` of standard input. */
async function countInput(words: readonly string[], { streams, print }: Context): Promise<number> {
  let bytes = 0;
  let lines = 0;
  for (let chunk = await streams.read(); chunk !== undefined; chunk = await streams.read()) {
    bytes += chunk.byteLength;
    for (const byte of chunk) if (byte === 10) lines += 1;
  }
  if (words[0] === '-c') return done(print(`${bytes}\n`));
  return done(print(words[0] === '-l' ? `${lines}\n` : `${lines} ${bytes}\n`));
}

/** `seq LAST` or `seq FIRST LAST`: also the way to get much output. */
async function sequence(words: readonly string[], { print, complain }: Context): Promise<number> {
  const numbers = words.map(Number);
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const last = numbers.at(-1) ?? Number.NaN;
  if (!Number.isInteger(first) || !Number.isInteger(last) || last - first > MAX_SEQUENCE) {
    await complain(`seq: two whole numbers at most ${MAX_SEQUENCE} apart are needed`);
    return 1;
  }
  for (let start = first; start <= last; start += SEQUENCE_SLICE) {
    const length = Math.min(SEQUENCE_SLICE, last - start + 1);
    await print(Array.from({ length }, (_, index) => `${start + index}\n`).join(''));
  }
  return 0;
}

async function sleep([seconds = '0']: readonly string[], { streams }: Context): Promise<number> {
  await streams.pause(1000 * Math.min(Math.max(0, Number(seconds) || 0), MAX_SLEEP_SECONDS));
  return 0;
}

/** `stty size`: rows and columns as the client last told them. */
function terminalSize(_: readonly string[], { streams, print, complain }: Context): Promise<number> {
  const terminal = streams.terminal();
  if (terminal === undefined) return done(complain('stty: standard input: Not a tty'), 1);
  return done(print(`${terminal.rows} ${terminal.columns}\n`));
}

function absolute(path: string, directory: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function childrenOf(path: string, files: ReadonlyMap<string, string>): string[] {
  const prefix = path === '/' ? '/' : `${path}/`;
  const names = [...files.keys()].filter((file) => file.startsWith(prefix));
  return [...new Set(names.map((file) => file.slice(prefix.length).split('/', 1)[0] ?? ''))].sort();
}

function filesOf(pod: ShellPod): ReadonlyMap<string, string> {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  return new Map([
    ['/bin/sh', 'a pretend shell\n'],
    ['/etc/hostname', `${pod.name}\n`],
    ['/etc/hosts', `127.0.0.1\tlocalhost\n`],
    ['/etc/os-release', 'NAME="cluster-connect stand-in"\nID=standin\nPRETTY_NAME="a simulated container"\n'],
    [`${account}/namespace`, pod.namespace],
  ]);
}
