// What is said when the tour is over and everything stays up: how to go on, and how to end it.
import { POD_NAME } from './clusters/index.ts';
import { INDENT } from './tour/index.ts';
import type { Renderer, Way } from './tour/index.ts';
import type { World } from './world/index.ts';

export function farewell(
  way: Pick<Way, 'name' | 'preparation'>,
  world: Pick<World, 'cluster' | 'gateway' | 'agent' | 'directory'>,
  render: Pick<Renderer, 'paragraph'>,
): string {
  const { namespace, podState } = world.cluster;
  const rows = (way.name === 'kubectl' ? kubectlRows : httpsRows)(namespace, podState === 'running');
  const width = Math.max(...rows.map(([command]) => command.length));
  const lines = rows.map(([command, note]) => `${INDENT}${command.padEnd(width)}  # ${note}\n`);
  return [
    '\n',
    render.paragraph('Everything stays up. To go on, in another terminal:'),
    '\n',
    ...way.preparation.map((line) => `${INDENT}${line}\n`),
    '\n',
    ...lines,
    way.name === 'https' ? `${INDENT}The tokens in these files last for an hour.\n\n` : '\n',
    `Logs: ${world.gateway.service.logFile}\n`,
    `      ${world.agent.logFile}\n\n`,
    'Ctrl-C ends the demo and removes what it made.\n',
  ].join('');
}

type Row = readonly [command: string, note: string];

function kubectlRows(namespace: string, runsPods: boolean): readonly Row[] {
  return [
    [`kubectl --context alice get pods --watch -n ${namespace}`, 'stays open'],
    ...(runsPods
      ? ([
          [`kubectl --context alice exec -it ${POD_NAME} -n ${namespace} -- sh`, 'a shell in the pod'],
          [`kubectl --context alice logs -f ${POD_NAME} -n ${namespace}`, 'a log that goes on'],
        ] as const)
      : []),
    [`kubectl --context bob auth can-i --list -n ${namespace}`, 'what Bob may do'],
    ['kubectl --context pipeline auth whoami', 'a service principal'],
    ['kubectl --context mallory get namespaces', 'refused at the gateway'],
  ];
}

function httpsRows(namespace: string, runsPods: boolean): readonly Row[] {
  const base = `"$API/api/v1/namespaces/${namespace}`;
  return [
    [`curl -K $DEMO/alice.curl ${base}/pods"`, 'a list, as JSON'],
    [`curl -K $DEMO/alice.curl -N ${base}/configmaps?watch=true"`, 'stays open'],
    ...(runsPods
      ? ([
          [`curl -K $DEMO/alice.curl -N ${base}/pods/${POD_NAME}/log?follow=true"`, 'a log that goes on'],
        ] as const)
      : []),
    [`curl -K $DEMO/mallory.curl ${base}/pods"`, 'refused at the gateway'],
  ];
}
