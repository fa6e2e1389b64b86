// Rows that write objects, in this order: each sees what the ones before it left in its lane.
import { stringify } from 'yaml';
import { NAMESPACE, refused, row } from './row.ts';
import type { Row } from './row.ts';

const labels = { app: 'web' };

/** The Deployment `web` as a user writes it. */
export function deployment(replicas: unknown, more: object = {}): string {
  return stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] },
      },
      ...more,
    },
  });
}

const NEW_OBJECT = ['uid', 'resourceVersion', 'timestamp'] as const;
const normalise = NEW_OBJECT;
/** kubectl starts it with the name of a file, and reads what it leaves there. */
const editor = (script: string) => ({ environment: { KUBE_EDITOR: `sed -i ${script}` } });

export const CREATE_ROWS: readonly Row[] = [
  row('create configmap settings --from-literal=mode=fast', 'configmap/settings created'),
  refused('create configmap settings', 'already exists'),
  row("create configmap dry --from-literal='text=Grüße 🌍' --dry-run=server -o yaml", 'text: "Grüße', {
    normalise,
  }),
  row('create secret generic password --from-literal=a=b', 'secret/password created'),
  row('create serviceaccount builder', 'serviceaccount/builder created'),
  row('create role reader --verb=get --resource=pods', 'role.rbac.authorization.k8s.io/reader created'),
  row('create rolebinding readers --role=reader --user=nobody', 'readers created'),
  row('create clusterrole NAMESPACE-role --verb=get --resource=nodes', 'created'),
  row('create clusterrolebinding NAMESPACE-binding --clusterrole=NAMESPACE-role --group=g', 'created'),
  row('create priorityclass NAMESPACE-class --value=7', 'created'),
  row('create quota limits --hard=pods=50', 'resourcequota/limits created'),
  row('create deployment made --image=registry.example/made:1 --replicas=2', 'deployment.apps/made created'),
  row('create job once --image=registry.example/once:1 -- date', 'job.batch/once created'),
  row("create cronjob nightly --image=registry.example/once:1 --schedule='0 1 * * *'", 'cronjob', {
    old: { exitCode: 1, shows: 'could not find the requested resource' },
  }),
  row('create service clusterip plain --tcp=80:8080', 'service/plain created'),
  row('create ingress front --rule=front.example/*=plain:80', 'front created'),
  row('create poddisruptionbudget budget --selector=app=web --min-available=1', 'budget created', {
    old: { exitCode: 1, shows: 'no matches for kind' },
  }),
  row('create namespace NAMESPACE-more', 'created'),
  row('create token builder --duration=10m', 'TOKEN', {
    normalise: ['token'],
    old: { exitCode: 1, shows: 'unknown' },
  }),
  row('create -f same.yaml --dry-run=server -o name', 'configmap/settings', {
    exitCode: 1,
    shows: 'already exists',
  }),
  row('create -f - --validate=strict', 'widget.table.example/cog created', {
    input: 'apiVersion: table.example/v1\nkind: Widget\nmetadata:\n  name: cog\nspec:\n  teeth: 12\n',
    old: { exitCode: 1, shows: 'invalid' },
  }),
  row('run shell --image=registry.example/shell:1', 'pod/shell created'),
  refused('run shell --image=registry.example/shell:1', 'already exists'),
  row('run dry --image=registry.example/shell:1 --dry-run=server -o yaml -- sleep 5', 'sleep', { normalise }),
];

const APPLY = 'apply -f -';
const SERVER_SIDE = 'apply --server-side -f -';

export const APPLY_ROWS: readonly Row[] = [
  row(APPLY, 'deployment.apps/web created', { input: deployment(1) }),
  row(APPLY, 'deployment.apps/web unchanged', { input: deployment(1) }),
  row(APPLY, 'deployment.apps/web configured', { input: deployment(2) }),
  refused(APPLY, 'unknown field', { input: deployment(2, { unheardOf: 1 }) }),
  refused(APPLY, 'invalid', { input: deployment('many') }),
  refused(APPLY, 'must be greater than or equal to 0', { input: deployment(-1) }),
  row('apply view-last-applied deployment web', 'replicas: 2'),
  refused('diff -f -', '+  replicas: 4', { input: deployment(4), normalise: ['diffFolders', ...NEW_OBJECT] }),
  row('diff -f -', '', { input: deployment(2) }),
  row(SERVER_SIDE, 'serverside-applied', { input: deployment(3) }),
  row('label deployment web tier=front', 'labeled'),
  refused('label deployment web tier=back', 'already has a value'),
  row('label deployment web tier=back --overwrite', 'labeled'),
  row('label deployments --all tier-', 'deployment.apps/web'),
  row("annotate deployment web 'note=Grüße'", 'annotated'),
  row('annotate deployment web note-', 'annotated'),
  row('patch deployment web -p \'{"spec":{"replicas":4}}\'', 'patched'),
  row('patch deployment web -p \'{"spec":{"replicas":4}}\'', '(no change)'),
  refused(SERVER_SIDE, 'conflict with "kubectl-patch"', { input: deployment(5) }),
  row('apply --server-side --force-conflicts -f -', 'serverside-applied', { input: deployment(5) }),
  row('patch deployment web --type=merge -p \'{"spec":{"paused":true}}\'', 'patched'),
  row(
    'patch deployment web --type=json -p \'[{"op":"replace","path":"/spec/replicas","value":5}]\'',
    'patched',
  ),
  refused(
    'patch deployment web --type=json -p \'[{"op":"test","path":"/spec/replicas","value":0}]\'',
    'the server rejected our request',
    { old: { exitCode: 1, shows: 'The request is invalid' } },
  ),
  row('patch deployment web --subresource=scale --type=merge -p \'{"spec":{"replicas":2}}\'', 'patched', {
    old: { exitCode: 1, shows: 'unknown flag' },
  }),
  row('scale deployment web --replicas=2', 'scaled'),
  refused('scale deployment web --replicas=3 --current-replicas=9', 'Expected replicas to be 9'),
  row('autoscale deployment web --min=1 --max=3', 'autoscaled'),
  row('set image deployment/web web=registry.example/web:2', 'image updated'),
  row('set env deployment/web MODE=fast', 'env updated'),
  row('set env deployment/web --list', 'MODE=fast'),
  row('set resources deployment/web --requests=cpu=10m', 'resource requirements updated'),
  row('set serviceaccount deployment/web builder', 'serviceaccount updated'),
  row('set selector service plain app=web', 'selector updated'),
  row('set subject rolebinding readers --user=somebody', 'subjects updated'),
  row('expose deployment web --port=80', 'service/web exposed'),
  row('edit deployment web', 'deployment.apps/web edited', editor('s/web:2/web:3/')),
  row('edit deployment web', 'no changes made', editor('s/nothing/here/')),
  refused('edit deployment web', 'no valid changes', {
    ...editor('/matchLabels/,/app:/s/app:.*/app:else/'),
    normalise: ['editFile'],
  }),
  row('apply edit-last-applied deployment web', 'edited', editor('s/web:1/web:4/')),
  row('apply set-last-applied -f -', 'configured', { input: deployment(5) }),
  row('get deployment web -o yaml', 'registry.example/web:', {
    normalise: [...NEW_OBJECT, 'managedFields'],
  }),
  row('apply -k kustomized', 'configmap/settings'),
  row('apply -f same.yaml -f other.yaml --prune -l app=absent', 'configured', {
    exitCode: 1,
    shows: 'no objects passed to apply',
  }),
  row('replace -f -', 'deployment.apps/web replaced', { input: deployment(1) }),
  row('replace --force -f other.yaml', 'configmap/settings replaced'),
  refused('replace -f -', '(NotFound)', {
    input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"absent"}}',
  }),
  row('auth reconcile -f -', 'reconciled', {
    input: stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: NAMESPACE },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
    }),
  }),
  row('get configmaps,secrets,services,serviceaccounts,roles -o json', '"settings"', {
    normalise: [...NEW_OBJECT, 'clusterIp'],
  }),
];
