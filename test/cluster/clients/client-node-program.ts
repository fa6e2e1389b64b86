// What somebody would write with @kubernetes/client-node, in a process of its own: its HTTP client keeps global state.
// Usage: node client-node-program.ts SCENARIO[,SCENARIO] NAMESPACE POD NAME NUMBER; every result is a line of JSON, but for logs.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import {
  ApiException,
  Attach,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  makeInformer,
  PortForward,
  Watch,
} from '@kubernetes/client-node';
import type { KubernetesObject, V1ConfigMap, V1Status } from '@kubernetes/client-node';

const CONTAINER = 'main';
const STDIN_BYTES = 1_000_000;
const FORWARDED = 'over client-node, and back';

const [scenarios = '', namespace = '', pod = '', made = '', number = ''] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);

const print = (result: unknown): void => void process.stdout.write(`${JSON.stringify(result)}\n`);

async function attempt(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const body: unknown = error.body;
    return { code: error.code, body };
  }
}

async function requests(): Promise<void> {
  const metadata = { name: made, labels: { made: 'here' } };
  const body: V1ConfigMap = { metadata, data: { text: 'Grüße 🌍' } };
  const created = await core.createNamespacedConfigMap({ namespace, body });
  print([created.metadata?.name, created.data]);
  print(await attempt(core.createNamespacedConfigMap({ namespace, body })));
  const replaced = await core.replaceNamespacedConfigMap({
    namespace,
    name: made,
    body: { metadata, data: {} },
  });
  print(replaced.data ?? null);
  const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=test' });
  print(list.items);
  print(await attempt(core.readNamespacedConfigMap({ namespace, name: 'nobody' })));
  print(
    await attempt(
      core.deleteNamespacedConfigMap({ namespace, name: 'nobody', body: { gracePeriodSeconds: 0 } }),
    ),
  );
  print(
    await attempt(
      core.deleteNamespacedConfigMap({ namespace, name: made, body: { gracePeriodSeconds: 0 } }),
    ).then((status) => typeof status),
  );
}

/** One watch of NUMBER seconds after another, each from where the last one ended, until `last` is deleted. */
async function watch(): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const list = await core.listNamespacedConfigMap({ namespace });
  let resourceVersion = list.metadata?.resourceVersion ?? '';
  print({ type: 'LISTED' });
  for (;;) {
    const { promise: end, resolve } = Promise.withResolvers<{ isLast: boolean; error?: string }>();
    const onEvent = (type: string, object: KubernetesObject): void => {
      resourceVersion = object.metadata?.resourceVersion ?? resourceVersion;
      print({ type, name: object.metadata?.name, resourceVersion });
      if (type === 'DELETED' && object.metadata?.name === 'last') resolve({ isLast: true });
    };
    const onEnd = (error: unknown): void =>
      resolve({ isLast: false, ...(error instanceof Error ? { error: error.message } : {}) });
    const query = { resourceVersion, timeoutSeconds: Number(number) };
    await new Watch(config).watch(path, query, onEvent, onEnd);
    const { isLast, error } = await end;
    print({ type: 'ENDED', error });
    if (isLast) return;
  }
}

async function inform(): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const informer = makeInformer(config, path, () => core.listNamespacedConfigMap({ namespace }));
  const { promise: last, resolve } = Promise.withResolvers<void>();
  for (const type of ['add', 'update', 'delete'] as const) {
    informer.on(type, ({ metadata }) => {
      print({ type, name: metadata?.name, resourceVersion: metadata?.resourceVersion });
      if (type === 'delete' && metadata?.name === 'last') resolve();
    });
  }
  informer.on('error', (error: unknown) => print({ type: 'error', error: String(error) }));
  await informer.start();
  print({ type: 'LISTED' });
  await last;
  await informer.stop();
}

/** A stream whose end is a hash. */
function hashing(): { readonly stream: PassThrough; summary(): Promise<string> } {
  const stream = new PassThrough();
  const hash = createHash('sha256');
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  const ended = once(stream, 'end');
  return {
    stream,
    summary: async () => {
      await ended;
      return `${bytes} ${hash.digest('hex')}`;
    },
  };
}

async function exec(): Promise<void> {
  const [stdout, stderr] = [hashing(), hashing()];
  const stdin = new PassThrough();
  const { promise: status, resolve } = Promise.withResolvers<V1Status>();
  const command = ['sh', '-c', 'cat; echo to stderr >&2; exit 7'];
  const args = [namespace, pod, CONTAINER, command] as const;
  await new Exec(config).exec(...args, stdout.stream, stderr.stream, stdin, false, resolve);
  stdin.end(Buffer.alloc(STDIN_BYTES, 'abcdefg'));
  print([await status, await stdout.summary(), await stderr.summary()]);
}

async function forward(): Promise<void> {
  const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let text = '';
  const isBack = new Promise<void>((resolve) =>
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.length >= FORWARDED.length) resolve();
    }),
  );
  const socket = await new PortForward(config).portForward(
    namespace,
    pod,
    [Number(number)],
    output,
    errors,
    input,
  );
  input.write(FORWARDED);
  await isBack;
  if (!('close' in socket)) throw new TypeError('not a WebSocket');
  socket.close();
  print([text, errors.read()]);
}

async function attach(): Promise<void> {
  const stdout = new PassThrough();
  stdout.on('data', (chunk: Buffer) => void process.stdout.write(chunk));
  const socket = await new Attach(config).attach(namespace, pod, CONTAINER, stdout, null, null, false);
  await new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
}

async function follow(): Promise<void> {
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => void process.stdout.write(chunk));
  await new Log(config).log(namespace, pod, CONTAINER, stream, { follow: true });
  await once(stream, 'end');
}

const SCENARIOS: Readonly<Record<string, () => Promise<void>>> = {
  requests,
  watch,
  inform,
  exec,
  forward,
  attach,
  follow,
};

for (const name of scenarios.split(',')) await SCENARIOS[name]?.();
// Sockets that are kept alive for a next request are nobody's wait.
process.exit(0);
