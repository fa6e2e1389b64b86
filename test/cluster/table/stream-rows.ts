// Rows whose answer is a stream: short ones, in every transport. Long, large and slow ones are in ../streams/.
import { refused, row } from './row.ts';
import type { Row } from './row.ts';

/** What has been printed by the containers of the pod `runner`, at a time that is always the same. */
export const LOG_TIME = new Date('2020-01-02T03:04:05Z');

export const LOG_ROWS: readonly Row[] = [
  row('logs runner -c main', 'Grüße'),
  row('logs runner -c side', 'from the side'),
  row('logs runner -c main --timestamps --tail=1', '2020-01-02T03:04:05'),
  row('logs runner -c main --since-time=2021-01-01T00:00:00Z', ''),
  row('logs runner -c main --limit-bytes=5', 'line'),
  row('logs runner -c main --previous', 'before the restart'),
  // kubectl takes the containers from a map, whose order is another one each time.
  row('logs runner --all-containers --prefix', '[pod/runner/side]', { normalise: ['sortedLines'] }),
  row('logs -l app=runner -c main --tail=2', 'Grüße'),
  row('logs runner', 'Defaulted container', {
    old: { exitCode: 1, shows: 'a container name must be specified' },
  }),
  refused('logs runner -c absent', 'is not valid for pod'),
  refused('logs runner -c main', '(Forbidden)', { user: 'bob' }),
  row('logs runner -c main -v=9', '/log?container=main 200', { normalise: ['requests'] }),
];

export const EXEC_ROWS: readonly Row[] = [
  row("exec runner -c main -- sh -c 'echo out; echo err >&2'", 'out'),
  refused("exec runner -c main -- sh -c 'echo out; exit 3'", 'exit code 3', { exitCode: 3 }),
  row('exec runner -c main -i -- cat', 'Grüße', { input: 'Grüße\nsecond line' }),
  row('exec runner -c main -- cat', '', { input: 'nobody hears this' }),
  row('exec runner -c side -- printenv CONTAINER_NAME', 'side'),
  row('exec runner -- true', 'Defaulted container', { old: { exitCode: 0, shows: 'Default' } }),
  row('exec -it runner -c main -- echo out', 'Unable to use a TTY'),
  row("exec runner -c main -- sh -c 'yes | head -c 300000'", 'y\ny'),
  refused('exec runner -c main -- absent-command', 'absent-command', { exitCode: 1 }),
  refused('exec runner -c absent -- date', 'not valid for pod'),
  row('exec runner -c main -v=9 -- true', 'GET SERVER/api/v1/namespaces/NAMESPACE/pods/runner 200', {
    normalise: ['requests'],
  }),
];

export const COPY_ROWS: readonly Row[] = [
  row('cp -c main other.yaml runner:copied.yaml', ''),
  row('exec runner -c main -- cat copied.yaml', 'Grüße'),
  row('cp -c main runner:copied.yaml EMPTY_FOLDER/copied.yaml', ''),
  row('cp -c main kustomized runner:tree', ''),
  row('exec runner -c main -- ls tree/kustomized', 'settings.yaml', {
    args: ['exec', 'runner', '-c', 'main', '--', 'ls', 'tree'],
  }),
];
