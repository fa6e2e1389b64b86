// Rows that change nothing in the cluster: what is there, what it looks like, and what the apiserver says of itself.
import { PATH_DROPPED, refused, row } from './row.ts';
import type { Row } from './row.ts';

export const GET_ROWS: readonly Row[] = [
  row('get pods', 'web-0'),
  row('get pods -o wide', 'NOMINATED NODE'),
  row('get pods -o yaml', 'registry.example/web:1'),
  row('get pods -o json', '"registry.example/web:1"'),
  row('get pods -o name', 'pod/web-0'),
  row('get pods --no-headers', 'Pending'),
  row('get pods --show-labels -L app', 'app=web'),
  row('get pods --show-kind', 'pod/web-0'),
  row('get pods --show-managed-fields -o yaml', 'f:metadata', { old: refusedFlag('--show-managed-fields') }),
  row('get pods --server-print=false', 'web-0'),
  row('get pod web-0 -o jsonpath={.metadata.uid}', '-'),
  row('get pods -o \'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}\'', 'web-0'),
  row("get pods -o 'go-template={{range .items}}{{.metadata.name}} {{end}}'", 'web-0'),
  row("get pods -o 'jsonpath-as-json={.items[*].metadata.labels}'", '"app": "web"'),
  row('get pods -o custom-columns=A:.metadata.name,B:.status.phase', 'Pending'),
  row('get pods --sort-by=.metadata.name', 'web-0'),
  row("get pods -l 'app in (web,other),!absent' -o name", 'pod/web-0'),
  row('get pods --field-selector status.phase=Pending', 'web-0'),
  // Without ages: pods of all files are among them.
  row('get pods -A --chunk-size=1 -o name', 'pod/web-0'),
  row('get pods/web-0 service/web -o name', 'service/web'),
  row('get all -o wide', 'deployment.apps/web'),
  row('get deployments,replicasets,services', 'service/web'),
  row('get deployment web --subresource=status -o yaml', 'kind: Deployment', {
    old: refusedFlag('--subresource'),
  }),
  row('get configmap greetings -o yaml', 'Grüße, 世界'),
  row('get namespaces', 'kube-system'),
  row('get clusterroles', 'cluster-admin'),
  row('get clusterrolebindings -o wide', 'admins-'),
  row('get crd', 'widgets.table.example'),
  row('get widgets', 'cog'),
  row('get widgets.v1.table.example cog -o yaml', 'teeth: 12'),
  row('get componentstatus scheduler', 'ComponentStatus is deprecated', {
    old: { exitCode: 0, shows: 'Unhealthy' },
  }),
  row('get pods --ignore-not-found -n absent-namespace', ''),
  row('get pod absent --ignore-not-found', ''),
  row('get -f - -o name', 'configmap/settings', {
    input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"}}',
  }),
  row('get -k kustomized -o name', 'configmap/settings'),
  row('get pods -w -o name --request-timeout=1s', 'web-0'),
  row('get configmaps --watch-only --request-timeout=1s', ''),
  row('get configmaps -w -o json --output-watch-events --request-timeout=1s', '"type":"ADDED"'),
  row('get events', 'Scheduled'),
  row('get events --sort-by=.lastTimestamp -o wide', 'the test says so'),
  row('events --for pod/web-0', 'the test says so', { old: refusedCommand('events') }),
  row('events --types=Warning', 'No events found', { old: refusedCommand('events') }),
];

export const LOOK_ROWS: readonly Row[] = [
  row('describe pod web-0', 'registry.example/web:1'),
  row('describe deployment web', 'RollingUpdate'),
  row('describe service web', 'TargetPort'),
  row('describe configmaps', 'Grüße'),
  row('describe namespace NAMESPACE', 'No resource quota'),
  row('describe node node-of-table', 'Unschedulable'),
  row('describe crd widgets.table.example', 'Accepted Names'),
  row('describe widgets cog', 'Teeth'),
  row('describe role reader', 'configmaps'),
  row('describe -l app=web pods,services --show-events=false', 'registry.example/web:1'),
  row('describe events', 'the test says so'),
  row('explain deployment.spec.strategy', 'DeploymentStrategy'),
  row('explain pods --recursive', 'terminationGracePeriodSeconds'),
  row('explain pods.spec.containers.env --output=plaintext-openapiv2', 'valueFrom', {
    old: refusedFlag('--output'),
  }),
  row('explain horizontalpodautoscalers --api-version=autoscaling/v2', 'autoscaling'),
  row('explain widgets.spec', 'teeth'),
  row('api-resources', 'deployments'),
  row('api-resources --namespaced=false -o wide', 'clusterroles'),
  row('api-resources --api-group=apps --verbs=patch --sort-by=name --no-headers', 'deployments'),
  row('api-resources -o name', 'widgets.table.example'),
  row('api-versions', 'apps/v1'),
  row('version', 'Server Version: '),
  row('version -o json', 'serverVersion'),
  row('version --client -o yaml', 'clientVersion'),
  row('cluster-info', 'is running at', { normalise: ['server'] }),
  row('cluster-info dump --namespaces NAMESPACE', '"web-0"', { normalise: ['resourceVersion', 'timestamp'] }),
  row('config current-context', 'context'),
  row('config get-contexts', 'cluster'),
  row('rollout history deployment/shipped', 'second change'),
  row('rollout history deployment/shipped --revision=1', 'registry.example/web:1'),
  row('rollout status deployment/shipped', 'successfully rolled out'),
  row('rollout status deployment/web --watch=false', 'Waiting for deployment'),
  refused('rollout status deployment/web --timeout=1s', 'timed out waiting'),
  row('wait --for=jsonpath={.status.phase}=Pending pod/web-0', 'condition met', {
    old: { exitCode: 1, shows: 'unrecognized condition' },
  }),
  row('wait --for=condition=Available deployment/shipped', 'condition met'),
  refused('wait --for=condition=Ready pod/web-0 --timeout=1s', 'timed out'),
  row('wait --for=delete pod/absent --timeout=5s', '', {
    old: { exitCode: 1, shows: 'no matching resources found' },
  }),
  row('auth can-i delete nodes', 'yes'),
  row('auth can-i --list', 'selfsubjectaccessreviews'),
  refused('auth can-i create pods', 'no', { user: 'bob' }),
  row('auth can-i get pods/log --subresource=log', 'yes'),
  row('auth can-i --list', 'configmaps', { user: 'bob' }),
  row('auth whoami', 'system:authenticated', { old: refusedCommand('whoami') }),
  row('auth whoami -o yaml', 'bob@contoso.example', {
    user: 'bob',
    old: { exitCode: 1, shows: 'unknown' },
  }),
  row('kustomize kustomized', 'name: settings'),
  row('diff -f same.yaml', '', { normalise: ['diffFolders'] }),
  row('completion bash', 'bash completion'),
  refused('plugin list', 'unable to find any kubectl plugins', { environment: { PATH: '/nowhere' } }),
  row('apply view-last-applied configmap settings', ''),
  row('create configmap local --from-literal=a=b --dry-run=client -o yaml', 'name: local'),
];

export const RAW_ROWS: readonly Row[] = [
  row('get --raw /version', 'gitVersion', { known: PATH_DROPPED }),
  row('get --raw /healthz', 'ok', { known: PATH_DROPPED }),
  row('get --raw /readyz?verbose', '[+]etcd ok', { known: PATH_DROPPED }),
  row('get --raw /openapi/v3', 'serverRelativeURL', { known: PATH_DROPPED }),
  row('get --raw /apis', 'APIGroupList', { known: PATH_DROPPED }),
  row('get --raw /openapi/v3/apis/apps/v1', 'DeploymentSpec', { known: PATH_DROPPED }),
  row("get --raw '/api/v1/namespaces/NAMESPACE/pods?limit=1&x=%2F%20ü'", 'guarded', { known: PATH_DROPPED }),
  row("get --raw '/api/v1/namespaces/NAMESPACE/pods?watch=1&timeoutSeconds=1'", '"ADDED"', {
    known: PATH_DROPPED,
  }),
];

/** alice may act as anybody; carol may read pods and configmaps, bob may not act as her. */
export const ACTING_ROWS: readonly Row[] = [
  row('get pods --as=carol-of-table', 'web-0', { user: 'alice by certificate' }),
  row('get pods --as=nobody-known --as-group=readers-of-table', 'web-0', { user: 'alice by certificate' }),
  refused('get secrets --as=carol-of-table', '(Forbidden)', { user: 'alice by certificate' }),
  row('auth can-i list pods --as=carol-of-table', 'yes', { user: 'alice by certificate' }),
  // kubectl asks for the resource types first, and shows this much of the apiserver's plain text.
  refused('get pods --as=carol-of-table --cache-dir=EMPTY_FOLDER', '(Forbidden)', {
    user: 'bob by certificate',
    old: { exitCode: 1, shows: "doesn't have a resource type" },
  }),
  refused('exec web-0 --as=carol-of-table -- date', '(Forbidden)', { user: 'alice by certificate' }),
];

/** An old kubectl ends with 255 when it fails and tells so much. */
const OLD_FAILURE = 255;

export const REQUEST_ROWS: readonly Row[] = [
  row('get pods -v=9', 'GET SERVER/api/v1/namespaces/NAMESPACE/pods?limit=500 200', {
    normalise: ['requests'],
  }),
  row('get pods -v=9 --cache-dir=EMPTY_FOLDER', 'GET SERVER/api', {
    normalise: ['requests', 'sortedLines'],
  }),
  refused('get pod absent -v=9', 'pods/absent 404', {
    old: { exitCode: OLD_FAILURE, shows: 'pods/absent 404' },
    normalise: ['requests'],
  }),
  refused('get secrets -v=9', 'secrets?limit=500 403', {
    user: 'bob',
    old: { exitCode: OLD_FAILURE, shows: 'secrets?limit=500 403' },
    normalise: ['requests'],
  }),
  row('describe pod web-0 -v=9', 'GET SERVER/api/v1/namespaces/NAMESPACE/events?', {
    normalise: ['requests'],
  }),
  row('apply -f same.yaml --dry-run=server -v=9', 'GET SERVER/api/v1/namespaces/NAMESPACE/configmaps', {
    normalise: ['requests'],
  }),
  row('version -v=9', 'GET SERVER/version?timeout=32s 200', { normalise: ['requests'] }),
  row('get pods -v=9', 'X-Kubernetes-Pf-Flowschema-Uid', {
    normalise: ['answerHeaders'],
  }),
  row('get componentstatus scheduler -v=9', 'Warning: 299', {
    normalise: ['answerHeaders'],
  }),
  refused('get pod absent -v=9', 'Content-Type: application/json', {
    old: { exitCode: OLD_FAILURE, shows: 'Content-Type: application/json' },
    normalise: ['answerHeaders'],
  }),
];

function refusedFlag(flag: string) {
  return { exitCode: 1, shows: `unknown flag: ${flag}` };
}

function refusedCommand(command: string) {
  return { exitCode: 1, shows: `unknown command "${command}"` };
}
