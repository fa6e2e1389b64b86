// The stand-in is there for kubectl, so kubectl itself is asked. Where there is none, the same steps go by plain HTTPS,
// and the title says so: they show the API, but not that kubectl is content with it.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPS, CORE, RBAC, isRunning, startTestServer } from './support.ts';
import type { CallOptions, TestServer } from './support.ts';

const STEP_TIMEOUT_MS = 15_000;
const kubectlVersion = findKubectl();
const how =
  kubectlVersion === undefined
    ? 'by plain HTTPS, as there is no kubectl on this machine'
    : `by ${kubectlVersion}`;
if (kubectlVersion === undefined) console.warn('no kubectl found: its steps are run by plain HTTPS instead');

interface Step {
  readonly title: string;
  readonly kubectl: readonly string[];
  readonly stdin?: string;
  /** What kubectl does here, by hand; the text is what it answers. */
  readonly plain: (standin: TestServer) => Promise<{ code: number; text: string }>;
  /** The exit code of kubectl, 0 by default. */
  readonly code?: number;
  /** What both ways must show. */
  readonly shows: RegExp;
}

const MANIFEST = (value: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { value } });
const AS_JANE = ['impersonate-user', 'jane', 'impersonate-group', 'readers'];

function step(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  options: CallOptions = {},
): Step['plain'] {
  return async (standin) => {
    const { status, text } = await standin.call(method, path, options);
    return { code: status < 400 ? 0 : 1, text };
  };
}

const apply = (value: string): Step['plain'] =>
  step('PATCH', `${CORE}/configmaps/settings?fieldManager=test&force=true`, {
    body: MANIFEST(value),
    contentType: 'application/apply-patch+yaml',
  });

const deployment = {
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'nginx', image: 'nginx' }] },
    },
  },
};
const podSpec = { metadata: { name: 'one' }, spec: { containers: [{ name: 'one', image: 'busybox' }] } };
const reading = {
  metadata: { name: 'readers' },
  roleRef: { kind: 'ClusterRole', name: 'view' },
  subjects: [{ kind: 'Group', name: 'readers' }],
};

const STEPS: readonly Step[] = [
  {
    title: 'whoami shows the impersonated user and groups',
    kubectl: ['auth', 'whoami', '-o', 'json', '--as=jane', '--as-group=readers'],
    plain: step('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, headers: AS_JANE }),
    shows: /jane[^]*readers[^]*system:authenticated/,
  },
  {
    title: 'a role binding is created',
    kubectl: ['create', 'rolebinding', 'readers', '--clusterrole=view', '--group=readers'],
    plain: step('POST', `${RBAC}/namespaces/default/rolebindings`, { body: reading }),
    shows: /readers/,
  },
  {
    title: 'apply creates, with validation by the server',
    kubectl: ['apply', '-f', '-'],
    stdin: MANIFEST('first'),
    plain: apply('first'),
    shows: /settings/,
  },
  {
    title: 'apply changes what is there',
    kubectl: ['apply', '-f', '-'],
    stdin: MANIFEST('second'),
    plain: apply('second'),
    shows: /settings/,
  },
  {
    title: 'get shows what was applied',
    kubectl: ['get', 'configmap', 'settings', '-o', 'json', '--as=jane', '--as-group=readers'],
    plain: step('GET', `${CORE}/configmaps/settings`, { headers: AS_JANE }),
    shows: /"value": ?"second"/,
  },
  {
    title: 'server-side apply changes it too',
    kubectl: ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    stdin: MANIFEST('third'),
    plain: apply('third'),
    shows: /settings/,
  },
  {
    title: 'an unknown field is refused',
    kubectl: ['apply', '-f', '-'],
    stdin: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wrong' }, spec: {} }),
    plain: step('POST', `${CORE}/configmaps?fieldValidation=Strict`, {
      body: { metadata: { name: 'wrong' }, spec: {} },
    }),
    code: 1,
    shows: /unknown field \\?"spec/,
  },
  {
    title: 'a reader may not write',
    kubectl: ['delete', 'configmap', 'settings', '--as=jane', '--as-group=readers'],
    plain: step('DELETE', `${CORE}/configmaps/settings`, { headers: AS_JANE }),
    code: 1,
    shows:
      /User \\?"jane\\?" cannot delete resource \\?"configmaps\\?" in API group \\?"\\?" in the namespace \\?"default/,
  },
  {
    title: 'a pod is created and becomes ready',
    kubectl: ['create', '-f', '-'],
    stdin: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...podSpec }),
    plain: step('POST', `${CORE}/pods`, { body: podSpec }),
    shows: /one/,
  },
  {
    title: 'wait sees it run',
    kubectl: ['wait', '--for=condition=Ready', 'pod/one', '--timeout=10s'],
    plain: async (standin) => ({
      code: 0,
      text: JSON.stringify(await standin.until(`${CORE}/pods`, 'one', isRunning)),
    }),
    shows: /one/,
  },
  {
    title: 'get prints a table',
    kubectl: ['get', 'pods', '--no-headers'],
    plain: step('GET', `${CORE}/pods`, {
      headers: ['accept', 'application/json;as=Table;v=v1;g=meta.k8s.io'],
    }),
    shows: /one[^]*1\/1[^]*Running[^]*0/,
  },
  {
    title: 'logs are shown',
    kubectl: ['logs', 'one', '--tail=1'],
    plain: step('GET', `${CORE}/pods/one/log?tailLines=1`),
    shows: /simulated log line 5/,
  },
  {
    title: 'a deployment is created',
    kubectl: ['create', 'deployment', 'web', '--image=nginx', '--replicas=2'],
    plain: step('POST', `${APPS}/deployments`, { body: deployment }),
    shows: /web/,
  },
  {
    title: 'its rollout is followed to the end',
    kubectl: ['rollout', 'status', 'deployment/web', '--timeout=10s'],
    plain: async (standin) => {
      const done = /"availableReplicas":2/;
      const seen = await standin.until(`${APPS}/deployments`, 'web', (object) =>
        done.test(JSON.stringify(object)),
      );
      return { code: 0, text: JSON.stringify(seen) };
    },
    shows: /web/,
  },
  {
    title: 'it is scaled',
    kubectl: ['scale', 'deployment/web', '--replicas=1'],
    plain: step('PATCH', `${APPS}/deployments/web/scale`, {
      body: { spec: { replicas: 1 } },
      contentType: 'application/merge-patch+json',
    }),
    shows: /web/,
  },
  {
    title: 'explain finds a field',
    kubectl: ['explain', 'deployment.spec.replicas'],
    plain: step('GET', '/openapi/v3/apis/apps/v1'),
    shows: /How many pods; 1 when not given/,
  },
  {
    title: 'delete waits until the pod is gone',
    kubectl: ['delete', 'pod', 'one', '--timeout=10s'],
    plain: async (standin) => {
      const gone = standin.until(`${CORE}/pods`, 'one', (_, type) => type === 'DELETED');
      const answer = await standin.call('DELETE', `${CORE}/pods/one`);
      await gone;
      return { code: 0, text: answer.text };
    },
    shows: /one/,
  },
  {
    title: 'what is not there is not found',
    kubectl: ['get', 'pod', 'one'],
    plain: step('GET', `${CORE}/pods/one`),
    code: 1,
    shows: /pods \\?"one\\?" not found/,
  },
];

describe(`the stand-in, driven ${how}`, () => {
  let standin: TestServer;
  let home = '';
  beforeAll(async () => {
    standin = await startTestServer();
    home = mkdtempSync(join(tmpdir(), 'standin-kubectl-'));
    writeFileSync(join(home, 'config'), kubeconfig(standin), { mode: 0o600 });
  });
  afterAll(async () => {
    await standin.close();
    rmSync(home, { recursive: true, force: true });
  });

  it.each(STEPS)('$title', async ({ kubectl, stdin, plain, code = 0, shows }) => {
    const run = kubectlVersion === undefined ? await plain(standin) : await runKubectl(home, kubectl, stdin);
    expect(run.text).toMatch(shows);
    expect(run.code).toBe(code);
  });

  // Only kubectl has these; the frames themselves are in pods.test.ts.
  if (kubectlVersion !== undefined) {
    it('exec gives input, output and exit code', async () => {
      await runKubectl(home, ['run', 'shell', '--image=busybox'], undefined);
      await standin.until(`${CORE}/pods`, 'shell', isRunning);
      const script = 'cat; echo done; exit 3';
      const run = await runKubectl(home, ['exec', '-i', 'shell', '--', 'sh', '-c', script], 'typed\n');
      expect(run.text).toMatch(/typed\ndone\n/);
      expect(run.code).toBe(3);
    });

    it('discovery names every kind once', async () => {
      const { text } = await runKubectl(home, ['api-resources', '-o', 'name'], undefined);
      const lines = text.trim().split('\n');
      expect(lines).toEqual(
        expect.arrayContaining(['pods', 'deployments.apps', 'roles.rbac.authorization.k8s.io']),
      );
      expect(new Set(lines).size).toBe(lines.length);
    });
  }
});

function findKubectl(): string | undefined {
  try {
    const text = execFileSync('kubectl', ['version', '--client'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return `kubectl ${/v\d[\w.+-]*/.exec(text)?.[0] ?? ''}`;
  } catch {
    return undefined;
  }
}

function runKubectl(
  home: string,
  args: readonly string[],
  stdin: string | undefined,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const environment = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: join(home, 'config') };
    const child = execFile(
      'kubectl',
      [...args],
      { env: environment, timeout: STEP_TIMEOUT_MS },
      (error, stdout, stderr) => {
        const failed = typeof error?.code === 'number' ? error.code : 1;
        resolve({ code: error === null ? 0 : failed, text: `${stdout}${stderr}` });
      },
    );
    child.stdin?.end(stdin ?? '');
  });
}

function kubeconfig({ server }: TestServer): string {
  const ca = Buffer.from(server.caPem).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'standin', cluster: { server: server.url, 'certificate-authority-data': ca } }],
    users: [{ name: 'admin', user: { token: server.adminToken } }],
    contexts: [{ name: 'standin', context: { cluster: 'standin', user: 'admin' } }],
    'current-context': 'standin',
  });
}
