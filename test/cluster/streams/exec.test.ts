// exec runs real commands of this machine: what they print, what they are given, how they end and why they may not
// start is the same through the relay.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bindClusterAdmin, bindReader, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { RunningPod } from '../kubelet/index.ts';
import { HELD_OPEN } from '../kubectl.ts';
import type { Kubectl } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { STREAM_TRANSPORTS } from '../transports.ts';
import {
  expectSameResult,
  incompressibleBlocks,
  incompressibleStream,
  runHashed,
  sha256Of,
} from './same-result.ts';

const NAMESPACE = 'exec';
const LARGE_MEGABYTES = 64;
const LARGE_BYTES = LARGE_MEGABYTES << 20;
/** Not text in any encoding, with every byte that a terminal or a line would change. */
const EVERY_BYTE = Buffer.from(Array.from({ length: 4 * 256 }, (_, index) => index & 0xff));

let relay: Relay;
let pod: RunningPod;
let largeSha256 = '';
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
  pod = await startPod(relay.admin, { namespace: NAMESPACE, name: 'web' });
  await startPod(relay.admin, { namespace: NAMESPACE, name: 'pair', containers: ['main', 'side'] });
  await writeFile(join(pod.directory, 'every-byte'), EVERY_BYTE);
  await writeFile(join(pod.directory, 'large'), incompressibleBlocks(LARGE_MEGABYTES));
  largeSha256 = sha256Of(incompressibleBlocks(LARGE_MEGABYTES));
});
afterAll(() => relay.close());

const exec = (...command: readonly string[]) => ['exec', 'web', '-n', NAMESPACE, '--', ...command];
const execWithInput = (...command: readonly string[]) => [
  'exec',
  '-i',
  'web',
  '-n',
  NAMESPACE,
  '--',
  ...command,
];
const script = (text: string) => exec('sh', '-c', text);

interface Row {
  readonly name: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** What both have to print, so that they do not agree on nothing. */
  readonly stdout?: string;
  readonly stderr?: string | RegExp;
  readonly exitCode?: number;
}

const ENDED = (code: number) => `command terminated with exit code ${code}\n`;

// Not among them: input that the command does not read. Without the relay too kubectl then loses output now and then,
// for the connection is reset with the input still in it.
const ROWS: readonly Row[] = [
  { name: 'output', args: exec('echo', 'hello'), stdout: 'hello\n' },
  { name: 'output that ends within a line', args: exec('printf', 'hel\\nlo'), stdout: 'hel\nlo' },
  { name: 'no output at all', args: exec('true') },
  {
    name: 'output on both streams',
    args: script('echo out; echo error >&2'),
    stdout: 'out\n',
    stderr: 'error\n',
  },
  { name: 'output on standard error alone', args: script('echo error >&2'), stderr: 'error\n' },
  { name: 'exit code 0', args: script('exit 0') },
  { name: 'exit code 1', args: script('exit 1'), stderr: ENDED(1), exitCode: 1 },
  {
    name: 'exit code 42 after output',
    args: script('echo x; exit 42'),
    stdout: 'x\n',
    stderr: ENDED(42),
    exitCode: 42,
  },
  { name: 'exit code 127', args: script('exit 127'), stderr: ENDED(127), exitCode: 127 },
  { name: 'exit code 255', args: script('exit 255'), stderr: ENDED(255), exitCode: 255 },
  { name: 'a command that is killed', args: script('kill -9 $$'), stderr: ENDED(137), exitCode: 137 },
  {
    name: 'a command that ends itself by a signal',
    args: script('kill -15 $$'),
    stderr: ENDED(143),
    exitCode: 143,
  },
  { name: 'standard input', args: execWithInput('cat'), input: 'one\ntwo', stdout: 'one\ntwo' },
  { name: 'empty standard input', args: execWithInput('wc', '-c'), stdout: '0\n' },
  {
    name: 'standard input and an exit code',
    args: execWithInput('sh', '-c', 'cat >&2; exit 3'),
    input: 'last words\n',
    stderr: `last words\n${ENDED(3)}`,
    exitCode: 3,
  },
  {
    name: 'arguments with spaces, quotes, nothing and other scripts',
    args: exec(
      'printf',
      '[%s]',
      'a b',
      '',
      '"q"',
      "it's",
      '$HOME',
      '*',
      'a&b=c+d%20',
      'Grüße, 世界 🌍',
      '-n',
    ),
    stdout: '[a b][]["q"][it\'s][$HOME][*][a&b=c+d%20][Grüße, 世界 🌍][-n]',
  },
  {
    name: 'the environment of the container',
    args: exec('printenv', 'POD_NAME', 'CONTAINER_NAME'),
    stdout: 'web\nmain\n',
  },
  {
    name: 'a container by its name',
    args: ['exec', 'pair', '-c', 'side', '-n', NAMESPACE, '--', 'printenv', 'CONTAINER_NAME'],
    stdout: 'side\n',
  },
  {
    name: 'the first of several containers',
    args: ['exec', 'pair', '-n', NAMESPACE, '--', 'printenv', 'CONTAINER_NAME'],
    stdout: 'main\n',
    stderr: /Default/,
  },
  {
    name: 'a command that does not exist',
    args: exec('no-such-command'),
    stderr: /no-such-command.*executable file not found/,
    exitCode: 1,
  },
  {
    name: 'a container that does not exist',
    args: ['exec', 'web', '-c', 'nobody', '-n', NAMESPACE, '--', 'true'],
    stderr: /container (not found|nobody is not valid)/,
    exitCode: 1,
  },
  {
    name: 'a pod that does not exist',
    args: ['exec', 'nobody', '-n', NAMESPACE, '--', 'true'],
    stderr: /pods "nobody" not found/,
    exitCode: 1,
  },
];

describe.each(STREAM_TRANSPORTS)('exec over $name', (transport) => {
  test.each(ROWS)('$name', async ({ args, input, stdout = '', stderr = '', exitCode = 0 }) => {
    const options = input === undefined ? {} : { input };
    const result = await expectSameResult(relay.kubectlOf('alice', transport), args, options);
    expect(result).toMatchObject({ stdout, exitCode });
    if (typeof stderr === 'string') expect(result.stderr).toBe(stderr);
    else expect(result.stderr).toMatch(stderr);
  });

  test('a user who may look at pods only is refused in the same words', async () => {
    const { stderr, exitCode } = await expectSameResult(relay.kubectlOf('bob', transport), exec('true'));
    expect(stderr).toContain(`User "${relay.user('bob').objectId}" cannot`);
    expect(stderr).toContain('resource "pods/exec"');
    expect(exitCode).toBe(1);
  });

  test('every byte comes out as it was', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const expected = { sha256: sha256Of([EVERY_BYTE]), bytes: EVERY_BYTE.length, stderr: '', exitCode: 0 };
    for (const kubectl of [direct, relayed]) {
      expect(await runHashed(kubectl, exec('cat', 'every-byte'))).toEqual(expected);
      expect(await runHashed(kubectl, execWithInput('cat'), { input: EVERY_BYTE })).toEqual(expected);
    }
  });

  test(`${LARGE_MEGABYTES} MiB of standard input arrive whole`, async () => {
    const { relayed } = relay.kubectlOf('alice', transport);
    const input = incompressibleStream(LARGE_MEGABYTES);
    const result = await relayed.run(execWithInput('sha256sum'), { input });
    expect(result).toEqual({ stdout: `${largeSha256}  -\n`, stderr: '', exitCode: 0 });
  });

  test(`${LARGE_MEGABYTES} MiB of output arrive whole`, async () => {
    const { relayed } = relay.kubectlOf('alice', transport);
    const result = await runHashed(relayed, exec('cat', 'large'));
    expect(result).toEqual({ sha256: largeSha256, bytes: LARGE_BYTES, stderr: '', exitCode: 0 });
  });

  test('a shell in a terminal prompts, has its size, and ends with what it is told', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const [fromDirect, fromRelay] = await Promise.all([direct, relayed].map(talkToShell));
    expect(fromRelay).toEqual(fromDirect);
    expect(fromDirect?.stdout).toContain('\n40 120\r\n');
    expect(fromDirect?.stdout).toContain('\n42\r\n');
    expect(fromDirect?.exitCode).toBe(7);
  });

  test('a terminal passes Ctrl-C and Ctrl-D on', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const [fromDirect, fromRelay] = await Promise.all([direct, relayed].map(interruptAndLeave));
    expect(fromRelay).toEqual(fromDirect);
    expect(fromDirect?.stdout).toContain('130\r\n');
    expect(fromDirect?.exitCode).toBe(0);
  });
});

/** `exec -it` of a shell whose prompt is known. */
function startShell(kubectl: Kubectl) {
  const command = ['env', 'PS1=ready> ', 'ENV=', 'sh', '-i'];
  return kubectl.start(['exec', '-it', 'web', '-n', NAMESPACE, '--', ...command], {
    under: [inject('tools').kubelet, 'terminal', '120x40'],
    input: HELD_OPEN,
  });
}

const countOf = (text: string, part: string): number => text.split(part).length - 1;

async function talkToShell(kubectl: Kubectl) {
  const shell = startShell(kubectl);
  await shell.printed((text) => countOf(text, 'ready> ') === 1);
  // The size comes by a stream of its own: the shell asks until it has come.
  shell.stdin.write('until stty size | grep -q "40 120"; do :; done; stty size\r');
  await shell.printed((text) => countOf(text, 'ready> ') === 2);
  shell.stdin.write('echo $((6 * 7))\r');
  await shell.printed((text) => countOf(text, 'ready> ') === 3);
  shell.stdin.write('exit 7\r');
  return shell.ended;
}

async function interruptAndLeave(kubectl: Kubectl) {
  const shell = startShell(kubectl);
  await shell.printed((text) => countOf(text, 'ready> ') === 1);
  shell.stdin.write('echo started; cat\r');
  await shell.printed((text) => text.includes('\nstarted\r\n'));
  shell.stdin.write('heard\r');
  // Once from the terminal and once from cat, which therefore runs in the foreground.
  await shell.printed((text) => countOf(text, 'heard\r\n') === 2);
  shell.stdin.write('\u0003');
  await shell.printed((text) => countOf(text, 'ready> ') === 2);
  shell.stdin.write('echo $?; true\r');
  await shell.printed((text) => countOf(text, 'ready> ') === 3);
  shell.stdin.write('\u0004');
  return shell.ended;
}
