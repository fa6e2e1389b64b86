// The table's rows: every kind of kubectl command that runs on, and requests without an answer; and what each can print
// when the way breaks.
import { once } from 'node:events';
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../../../demo/control-plane/index.ts';
import { HELD_OPEN } from '../kubectl.ts';
import type { RunningKubectl } from '../kubectl.ts';
import { HTTP_1_1, HTTP_2, OLD_KUBECTL, SPDY } from '../transports.ts';
import type { Transport } from '../transports.ts';
import { HELD_POD } from './ends-cluster.ts';
import type { EndsCluster } from './ends-cluster.ts';
import type { ProcessRelay } from '../process-relay.ts';

/** How kubectl hears of an end, which decides what it prints. */
export type Hears =
  /** A Status on the error channel or stream of exec and attach. */
  | 'status'
  /** GOAWAY with a reason. */
  | 'goaway'
  /** An answer that is not whole. */
  | 'cut'
  /** As a watch, which its user may start again: nothing, without the relay too. */
  | 'nothing'
  /** kubectl has one text for every end of a port-forward. */
  | 'lost'
  /** A Status as the answer. */
  | 'answer';

export interface Row {
  readonly name: string;
  readonly transport: Transport;
  readonly hears: Hears;
  readonly kind: 'exec' | 'attach' | 'logs' | 'watch' | 'port-forward' | 'held-get' | 'held-create';
}

export const ROWS: readonly Row[] = [
  { name: 'exec, WebSocket', kind: 'exec', transport: HTTP_2, hears: 'status' },
  { name: 'exec, SPDY', kind: 'exec', transport: SPDY, hears: 'status' },
  { name: 'exec, kubectl 1.20', kind: 'exec', transport: OLD_KUBECTL, hears: 'status' },
  { name: 'attach, WebSocket', kind: 'attach', transport: HTTP_2, hears: 'status' },
  { name: 'attach, SPDY', kind: 'attach', transport: SPDY, hears: 'status' },
  { name: 'logs -f, HTTP/2', kind: 'logs', transport: HTTP_2, hears: 'goaway' },
  { name: 'logs -f, HTTP/1.1', kind: 'logs', transport: HTTP_1_1, hears: 'cut' },
  { name: 'get -w, HTTP/2', kind: 'watch', transport: HTTP_2, hears: 'nothing' },
  { name: 'get -w, HTTP/1.1', kind: 'watch', transport: HTTP_1_1, hears: 'nothing' },
  { name: 'port-forward, WebSocket', kind: 'port-forward', transport: HTTP_2, hears: 'lost' },
  { name: 'port-forward, SPDY', kind: 'port-forward', transport: SPDY, hears: 'lost' },
  { name: 'a GET without an answer, HTTP/2', kind: 'held-get', transport: HTTP_2, hears: 'answer' },
  { name: 'a POST without an answer, HTTP/2', kind: 'held-create', transport: HTTP_2, hears: 'answer' },
  { name: 'a POST without an answer, HTTP/1.1', kind: 'held-create', transport: HTTP_1_1, hears: 'answer' },
];

/** Rows that hear of an end in different ways. */
export const FEW_ROWS = ROWS.filter(({ name }) =>
  ['exec, WebSocket', 'exec, SPDY', 'logs -f, HTTP/2', 'get -w, HTTP/2'].includes(name),
);

export interface RunningCommand extends Row {
  readonly kubectl: RunningKubectl;
}

export interface Running {
  readonly commands: readonly RunningCommand[];
  /** Processes that exec has started in the pod. */
  readonly pids: readonly number[];
  /** Milliseconds of the monotonic clock at which kubectl ended, by row. */
  readonly endedAt: ReadonlyMap<string, number>;
}

/** Starts every row; resolves when each has shown that it runs, and the apiserver is at work on those without an answer. */
export async function startCommands(
  relay: ProcessRelay,
  cluster: EndsCluster,
  rows: readonly Row[] = ROWS,
  tokenSeconds?: number,
): Promise<Running> {
  const { namespace, pod } = cluster;
  const objectFile = join(pod.directory, 'held.json');
  writeFileSync(objectFile, JSON.stringify(cluster.heldObject));
  pod.print('a line');
  const heldCount = rows.filter(({ hears }) => hears === 'answer').length;
  const held = cluster.untilHeld(heldCount);
  const openBefore = cluster.server.open;
  const endedAt = new Map<string, number>();
  const pids: number[] = [];

  const start = (row: Row, ...args: readonly string[]): RunningKubectl => {
    const kubectl = relay
      .kubectlOf(row.transport, { tokenSeconds })
      .start(['--namespace', namespace, ...args], row.kind === 'exec' ? { input: HELD_OPEN } : {});
    void kubectl.ended.then(() => endedAt.set(row.name, performance.now()));
    return kubectl;
  };
  const starters: Readonly<Record<Row['kind'], (row: Row) => Promise<RunningKubectl>>> = {
    exec: async (row) => {
      // It reads its input: over WebSocket, nothing else tells a process that its client has gone, without the relay too.
      const kubectl = start(row, 'exec', '-i', pod.name, '--', 'sh', '-c', 'echo $$; exec cat');
      await kubectl.printed((text) => text.endsWith('\n'));
      pids.push(Number(kubectl.stdout()));
      return kubectl;
    },
    attach: async (row) => {
      const kubectl = start(row, 'attach', pod.name);
      await kubectl.printed((text) => text.includes('a line\n'));
      return kubectl;
    },
    logs: async (row) => {
      const kubectl = start(row, 'logs', '-f', pod.name);
      await kubectl.printed((text) => text.includes('a line\n'));
      return kubectl;
    },
    watch: async (row) => {
      const kubectl = start(row, 'get', 'pods', '--watch', '-o', 'name');
      await kubectl.printed((text) => text.includes(`pod/${pod.name}\n`));
      return kubectl;
    },
    'port-forward': async (row) => {
      const [port = 0] = await findFreePorts(1);
      const kubectl = start(row, 'port-forward', `pod/${pod.name}`, `${port}:${cluster.server.port}`);
      await kubectl.printed((text) => text.includes('Forwarding from 127.0.0.1'));
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('anybody?');
      await once(socket, 'data');
      return kubectl;
    },
    'held-get': (row) => Promise.resolve(start(row, 'logs', HELD_POD)),
    'held-create': (row) => Promise.resolve(start(row, 'create', '-f', objectFile)),
  };
  const startRow = async (row: Row): Promise<RunningCommand> => ({
    ...row,
    kubectl: await starters[row.kind](row),
  });
  const commands = await Promise.all(rows.map(startRow));
  await Promise.all([held, cluster.server.untilOpen(openBefore + countOf(rows, 'port-forward'))]);
  return { commands, pids, endedAt };
}

function countOf(rows: readonly Row[], kind: Row['kind']): number {
  return rows.filter((row) => row.kind === kind).length;
}

/** Whose end it was, in the words of the relay; without hop and request id. */
export interface Words {
  readonly hop: 'gateway' | 'tunnel' | 'agent' | 'apiserver';
  readonly begun: string;
  readonly unanswered: string;
}

/** What kubectl prints to standard error, and its exit code; request and stream ids are made equal by `plain`. */
export function expectedEnd(
  { hears, kind, transport }: Row,
  words: Words,
): { stderr: string; exitCode: number } {
  const { hop, begun, unanswered } = words;
  const by = `(${hop}, request id ID)`;
  switch (hears) {
    case 'status':
      return { stderr: `error: ${begun} ${by}\n`, exitCode: 1 };
    case 'goaway':
      return {
        stderr: `error: http2: server sent GOAWAY and closed the connection; LastStreamID=N, ErrCode=INTERNAL_ERROR, debug="${begun} ${by}"\n`,
        exitCode: 1,
      };
    case 'cut':
      return { stderr: 'error: unexpected EOF\n', exitCode: 1 };
    case 'nothing':
      return { stderr: '', exitCode: 0 };
    case 'lost':
      return { stderr: 'error: lost connection to pod\n', exitCode: 1 };
    case 'answer':
      break;
  }
  const about =
    kind === 'held-create' && transport.kubectl === 'recent' ? 'error when creating "FILE": ' : '';
  return { stderr: `Error from server (InternalError): ${about}${unanswered} ${by}\n`, exitCode: 1 };
}

// What kubectl says before anything has happened.
const NOTICES =
  /^(?:All commands and output from this session will be recorded .*|If you don't see a command prompt, .*|I .*HTTP2 has been explicitly disabled)\n/gm;

/** What is the same in every run. */
export function plain(stderr: string): string {
  return stderr
    .replaceAll(NOTICES, '')
    .replaceAll(/request id [0-9a-z-]+/g, 'request id ID')
    .replaceAll(/ \((?:CC_ERR_UPSTREAM_CLOSED|ECONNRESET)\)/g, ' (CODE)')
    .replaceAll(/LastStreamID=\d+/g, 'LastStreamID=N')
    .replaceAll(/error when creating "[^"]+"/g, 'error when creating "FILE"');
}
