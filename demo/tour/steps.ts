// The tour at a glance: every step as one entry of a table.
import type { Cast } from '../cast.ts';
import type { PodState } from '../clusters/index.ts';
import type { Expectation, TourStep } from './step.ts';

export interface TourSetting {
  readonly cast: Cast;
  readonly namespace: string;
  readonly podName: string;
  readonly podState: PodState;
}

const WHOAMI = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
/** What follows from the state of the pod. Where it does not run, the cluster's own words must arrive unchanged. */
interface PodExpectations {
  readonly phase: RegExp;
  readonly logs: Expectation;
  readonly logsNote?: string;
  readonly exec: Expectation;
  readonly execNote: string;
}

const POD_EXPECTATIONS: Readonly<Record<PodState, PodExpectations>> = {
  running: {
    phase: /\bRunning\b/,
    logs: { exitCode: 0, status: 200, output: [/\bweb\b/] },
    exec: { exitCode: 3, status: 3, output: [/hello from web/] },
    execNote: 'The script ends with 3, and so does the command here.',
  },
  unscheduled: {
    phase: /\bPending\b/,
    logs: { exitCode: 0, status: 204, output: [] },
    logsNote: 'No node runs the pod here: the apiserver itself answers that its log is empty.',
    exec: { exitCode: 1, status: 400, output: [/does not have a host assigned/] },
    execNote: 'No node runs the pod here: the apiserver itself refuses, and its words arrive unchanged.',
  },
  waiting: {
    phase: /\bweb\b/,
    logs: { exitCode: 1, status: 400, output: [/waiting to start/] },
    logsNote: 'The container has not started: the cluster itself refuses, and its words arrive unchanged.',
    exec: { exitCode: 1, status: 500, output: [/container not found/] },
    execNote: 'The container has not started: the cluster itself refuses, and its words arrive unchanged.',
  },
};

export function tourSteps({ cast, namespace, podName, podState }: TourSetting): readonly TourStep[] {
  const expected = POD_EXPECTATIONS[podState];
  const inNamespace = `/api/v1/namespaces/${namespace}`;
  const pod = `${inNamespace}/pods/${podName}`;
  const script = ['sh', '-c', 'echo hello from $HOSTNAME; exit 3'];
  const query = script.map((word) => `command=${encodeURIComponent(word)}`).join('&');
  const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  });
  return [
    {
      kind: 'call',
      title: 'Who am I? The cluster knows Alice by her Entra token, and nothing else.',
      call: {
        person: 'alice',
        kubectl: ['auth', 'whoami'],
        plain: {
          kind: 'request',
          method: 'POST',
          path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          body: WHOAMI,
        },
      },
      expects: {
        exitCode: 0,
        status: 201,
        output: [
          new RegExp(cast.alice.objectId),
          new RegExp(cast.adminsGroupId),
          /system:authenticated/,
          /alice@contoso\.example/,
        ],
      },
      note: "The user is the token's oid, the groups are object ids; tid, upn and azp came along as extra.",
    },
    {
      kind: 'call',
      title: 'List: the gateway is asked as any apiserver would be.',
      call: {
        person: 'alice',
        kubectl: ['get', 'pods', '-n', namespace],
        plain: { kind: 'request', method: 'GET', path: `${inNamespace}/pods` },
      },
      expects: {
        exitCode: 0,
        status: 200,
        output: [new RegExp(`\\b${podName}\\b`), expected.phase],
      },
    },
    {
      kind: 'call',
      title: 'Create: Alice is in platform-admins, who may write in this namespace.',
      call: {
        person: 'alice',
        kubectl: ['create', 'configmap', 'greeting', '--from-literal=text=hello', '-n', namespace],
        plain: {
          kind: 'request',
          method: 'POST',
          path: `${inNamespace}/configmaps`,
          body: configMap('greeting', { text: 'hello' }),
        },
      },
      expects: { exitCode: 0, status: 201, output: [/configmap\/greeting created/] },
    },
    {
      kind: 'call',
      title: 'Watch: an event arrives as it happens, when a pipeline makes a change.',
      call: {
        person: 'alice',
        kubectl: ['get', 'configmaps', '--watch', '--output-watch-events', '-n', namespace],
        plain: { kind: 'request', method: 'GET', path: `${inNamespace}/configmaps?watch=true` },
      },
      meanwhile: {
        after: /ADDED\s.*greeting/,
        call: {
          person: 'pipeline',
          kubectl: ['create', 'configmap', 'release', '--from-literal=by=pipeline', '-n', namespace],
          plain: {
            kind: 'request',
            method: 'POST',
            path: `${inNamespace}/configmaps`,
            body: configMap('release', { by: 'pipeline' }),
          },
        },
        until: /ADDED\s.*release/,
      },
      expects: { exitCode: 0, status: 200, output: [/configmap\/release created/, /ADDED\s.*release/] },
      note: 'The pipeline is a service principal with a secret. The tour ends the watch as Ctrl-C would.',
    },
    {
      kind: 'call',
      title: 'Logs of a pod.',
      call: {
        person: 'alice',
        kubectl: ['logs', podName, '--tail=3', '-n', namespace],
        plain: { kind: 'request', method: 'GET', path: `${pod}/log?tailLines=3` },
      },
      expects: expected.logs,
      ...(expected.logsNote === undefined ? {} : { note: expected.logsNote }),
    },
    {
      kind: 'call',
      title: 'Exec: a command in the pod, with its exit code, over an upgraded stream.',
      call: {
        person: 'alice',
        kubectl: ['exec', podName, '-n', namespace, '--', ...script],
        plain: { kind: 'exec', path: `${pod}/exec?${query}&stdout=true&stderr=true`, command: script },
      },
      expects: expected.exec,
      note: expected.execNote,
    },
    {
      kind: 'call',
      title: 'Bob may read: he is in developers, and the gateway lets developers through.',
      call: {
        person: 'bob',
        kubectl: ['get', 'configmaps', 'greeting', 'release', '-n', namespace],
        plain: { kind: 'request', method: 'GET', path: `${inNamespace}/configmaps` },
      },
      expects: { exitCode: 0, status: 200, output: [/greeting/, /release/] },
    },
    {
      kind: 'call',
      title: "Bob may not write: the cluster's own RBAC refuses, and names him.",
      call: {
        person: 'bob',
        kubectl: ['delete', 'configmap', 'greeting', '-n', namespace],
        plain: { kind: 'request', method: 'DELETE', path: `${inNamespace}/configmaps/greeting` },
      },
      expects: {
        exitCode: 1,
        status: 403,
        output: [/forbidden/i, new RegExp(`User "${cast.bob.objectId}" cannot delete resource "configmaps"`)],
      },
    },
    {
      kind: 'call',
      title: 'Mallory is in the tenant, but no rule names her: the gateway refuses her.',
      call: {
        person: 'mallory',
        kubectl: ['get', 'pods', '-n', namespace],
        plain: { kind: 'request', method: 'GET', path: `${inNamespace}/pods` },
      },
      expects: { exitCode: 1, status: 404, output: [/\(gateway, request id /] },
      note: 'It does not tell her whether there is such a cluster. Nothing of her request got further.',
    },
    {
      kind: 'sockets',
      title: 'No inbound port: what the process of the agent listens on.',
      note: 'Whoever scans the agent finds nothing; it dialled out.',
    },
  ];
}
