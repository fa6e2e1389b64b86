// A watch, a followed log, an exec with a shell and a forwarded connection that have worked once and then say nothing.
import { once } from 'node:events';
import { configMap, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { RunningPod } from '../kubelet/index.ts';
import { HELD_OPEN } from '../kubectl.ts';
import type { Kubectl, RunningKubectl } from '../kubectl.ts';
import { echo, openEcho, startPodServer } from '../streams/pod-server.ts';
import { slugOf } from '../transports.ts';
import type { Transport } from '../transports.ts';
import type { ProcessRelay } from '../process-relay.ts';

export interface QuietStreams {
  /** What kubectl has said on its standard error so far. */
  complaints(): string;
  /** Each says something again, both ways where there are two. @throws Error when one has ended */
  speakAgain(): Promise<void>;
  close(): Promise<void>;
}

/** One way of talking, and how long its kubectl may live. */
export interface QuietStreamsOptions {
  readonly transport: Transport;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
}

interface Place {
  readonly relay: ProcessRelay;
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly pod: RunningPod;
  readonly timeLimitMs: number;
}

interface QuietStream {
  readonly running: RunningKubectl;
  speakAgain(): Promise<void>;
  close(): Promise<void>;
}

const NOTHING_TO_CLOSE = (): Promise<void> => Promise.resolve();

/** Resolves when all of them have worked once. */
export async function openQuietStreams(
  relay: ProcessRelay,
  { transport, environment, timeLimitMs }: QuietStreamsOptions,
): Promise<QuietStreams> {
  const namespace = `quiet-${slugOf(transport)}`;
  await createNamespace(relay.admin, namespace);
  const pod = await startPod(relay.admin, { namespace, name: 'still' });
  const kubectl = relay.kubectlOf(transport, { environment });
  const place: Place = { relay, kubectl, namespace, pod, timeLimitMs };
  const streams = await Promise.all([watch(place), logs(place), exec(place), portForward(place)]);
  return {
    complaints: () => streams.map(({ running }) => running.stderr()).join(''),
    speakAgain: async () => {
      await Promise.all(streams.map((stream) => stream.speakAgain()));
    },
    close: async () => {
      for (const { running } of streams) running.interrupt();
      await Promise.all(streams.map(({ running }) => running.ended));
      await Promise.all(streams.map((stream) => stream.close()));
    },
  };
}

async function watch({ relay, kubectl, namespace, timeLimitMs }: Place): Promise<QuietStream> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const args = ['get', 'configmaps', '-n', namespace, '--watch', '-o', 'name'];
  const running = kubectl.start(args, { timeLimitMs });
  const show = async (name: string): Promise<void> => {
    await relay.admin.create(path, configMap(name, {}));
    await running.printed((text) => text.includes(`configmap/${name}\n`));
  };
  await show('before');
  return { running, speakAgain: () => show('after'), close: NOTHING_TO_CLOSE };
}

async function logs({ kubectl, namespace, pod, timeLimitMs }: Place): Promise<QuietStream> {
  const running = kubectl.start(['logs', '-f', '-n', namespace, pod.name], { timeLimitMs });
  const show = async (line: string): Promise<void> => {
    pod.print(line);
    await running.printed((text) => text.includes(`${line}\n`));
  };
  await show('before');
  return { running, speakAgain: () => show('after'), close: NOTHING_TO_CLOSE };
}

async function exec({ kubectl, namespace, pod, timeLimitMs }: Place): Promise<QuietStream> {
  const args = ['exec', '-i', '-n', namespace, pod.name, '--', 'sh'];
  const running = kubectl.start(args, { input: HELD_OPEN, timeLimitMs });
  const say = async (word: string): Promise<void> => {
    // The shell computes it: what is seen is an answer, not an echo.
    running.stdin.write(`echo ${word}-$((6 * 7))\n`);
    await running.printed((text) => text.includes(`${word}-42\n`));
  };
  await say('before');
  return { running, speakAgain: () => say('after'), close: NOTHING_TO_CLOSE };
}

const LISTENING = /^Forwarding from 127\.0\.0\.1:(\d+) -> \d+$/m;

async function portForward({ kubectl, namespace, pod, timeLimitMs }: Place): Promise<QuietStream> {
  const server = await startPodServer(echo);
  const args = ['port-forward', '--address', '127.0.0.1', '-n', namespace, `pod/${pod.name}`];
  const running = kubectl.start([...args, `:${server.port}`], { timeLimitMs });
  await running.printed((text) => LISTENING.test(text));
  const port = Number(LISTENING.exec(running.stdout())?.[1]);
  const { socket } = await openEcho(port, 'before');
  return {
    running,
    speakAgain: async () => {
      const echoed = once(socket, 'data');
      socket.write('after');
      const [chunk] = await echoed;
      if (String(chunk) !== 'after') throw new Error(`the forwarded connection brought ${String(chunk)}`);
      // Through the same port-forward.
      const another = await openEcho(port, 'another');
      another.socket.destroy();
    },
    close: async () => {
      socket.destroy();
      await server.close();
    },
  };
}
