// Rows of every class of error, in the apiserver's own words wherever the apiserver is what refuses.
import { incompressibleText } from '../cluster-objects.ts';
import { PATH_DROPPED, refused, row } from './row.ts';
import type { KnownDifference, Row } from './row.ts';

/** Only the gateway can judge the token of a user of the relay, and it says so in its own name. */
const GATEWAY_JUDGES: KnownDifference = {
  on: () => true,
  reason: 'a token is refused by the gateway, which names itself and the reason',
  shows: '(gateway, request id ',
  exitCode: 1,
};

const TOO_LARGE_BYTES = 3.2 * 1024 * 1024;
const CONFIG_MAPS = '/api/v1/namespaces/NAMESPACE/configmaps';

const EVICTION = JSON.stringify({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name: 'guarded', namespace: 'NAMESPACE' },
});

export const ERROR_ROWS: readonly Row[] = [
  // 400
  refused('get pods --field-selector status.unheardOf=1', '(BadRequest)'),
  refused('logs web-0 -c absent', 'is not valid for pod web-0'),
  refused(`create --raw ${CONFIG_MAPS} -f -`, '(BadRequest)', { input: '{"kind":', known: PATH_DROPPED }),
  refused("get --raw '/api/v1/pods?limit=many'", '(BadRequest)', { known: PATH_DROPPED }),
  // 401
  refused('get pods', 'must be logged in', {
    user: 'nobody',
    known: { ...GATEWAY_JUDGES, on: ({ kubectl }) => kubectl === 'old' },
  }),
  // 403
  refused('get secrets', '(Forbidden)', { user: 'bob' }),
  refused('delete pod web-0', '(Forbidden)', { user: 'bob' }),
  refused('apply -f same.yaml', '(Forbidden)', { user: 'bob' }),
  refused('logs web-0', '(Forbidden)', { user: 'bob' }),
  refused('get pods -n default', '(Forbidden)', { user: 'bob' }),
  refused('get --raw /metrics', '(Forbidden)', { user: 'bob', known: PATH_DROPPED }),
  // 404
  refused('get pod absent', '(NotFound)'),
  refused('get pods/absent service/web', '(NotFound)'),
  refused('describe pod absent', '(NotFound)'),
  refused('get unheard-of', "doesn't have a resource type"),
  refused('get --raw /no/such/path', '(NotFound)', { known: PATH_DROPPED }),
  refused('logs absent', '(NotFound)'),
  refused('rollout undo deployment/shipped --to-revision=7', 'unable to find specified revision'),
  // 405
  refused('delete componentstatuses absent', '(MethodNotAllowed)'),
  // 409
  refused('create configmap settings', 'already exists'),
  refused('replace -f -', '(Conflict)', {
    input:
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","resourceVersion":"1"},"data":{}}',
  }),
  // 410
  row(
    "get --raw '/apis/table.example/v1/namespaces/NAMESPACE/widgets?watch=1&resourceVersion=1&timeoutSeconds=1'",
    '"code":410',
    {
      known: PATH_DROPPED,
    },
  ),
  // 413
  refused('create -f -', 'limit is 3145728', {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'too-large' },
      data: { blob: incompressibleText(TOO_LARGE_BYTES, 7) },
    }),
  }),
  // 415
  refused('patch widget cog --type=strategic -p \'{"spec":{"teeth":13}}\'', 'strategic-merge-patch', {
    old: { exitCode: 1, shows: '(UnsupportedMediaType)' },
  }),
  // 422
  refused('scale deployment web --replicas=-2', 'must be'),
  refused('patch service web -p \'{"spec":{"type":"Unheard"}}\'', 'is invalid'),
  refused('patch widget cog --type=merge -p \'{"spec":{"teeth":"many"}}\'', 'is invalid'),
  // 429
  refused('create --raw /api/v1/namespaces/NAMESPACE/pods/guarded/eviction -f -', '(TooManyRequests)', {
    input: EVICTION,
    known: PATH_DROPPED,
  }),
  // 500 and 503
  refused('create configmap hooked --from-literal=a=b', '(InternalError)', {
    args: ['create', '-f', '-'],
    input:
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"hooked","labels":{"hooked":"table"}},"data":{}}',
  }),
  refused('get --raw /api/v1/namespaces/NAMESPACE/services/silent/proxy/', '(ServiceUnavailable)', {
    known: PATH_DROPPED,
  }),
  // What no server is asked about, and what no server has.
  refused('top pods', 'Metrics API not available'),
  refused('top nodes', 'Metrics API not available'),
  refused('debug absent --image=registry.example/shell:1', '(NotFound)'),
  refused('debug node/absent --image=registry.example/shell:1', '(NotFound)'),
  refused('get pods -o unheard-of', 'unable to match a printer'),
  refused('get pods --unheard-of', 'unknown flag'),
  refused('unheard-of', 'unknown command'),
  refused('create -f -', 'error', { input: 'not: [yaml' }),
  refused('apply -f absent.yaml', 'does not exist'),
  refused('explain unheard-of', "doesn't have a resource type"),
  refused('rollout status pod/web-0', 'no status viewer'),
];

/** Refusals in place of an upgrade. */
export const UPGRADE_ERROR_ROWS: readonly Row[] = [
  refused('exec web-0 -- date', '(Forbidden)', { user: 'bob' }),
  refused('exec absent -- date', '(NotFound)'),
  refused('exec web-0 -- date', 'does not have a host assigned'),
  refused('exec web-0 -c absent -- date', 'not valid for pod'),
  refused('attach web-0', 'web-0'),
  refused('port-forward pod/web-0 :80', 'pod is not running'),
  refused('cp web-0:/etc/hosts copied', 'does not have a host assigned'),
];

export const TOKEN_ROWS: readonly Row[] = [
  refused('get --raw /version', 'must be logged in', {
    user: 'nobody',
    known: GATEWAY_JUDGES,
  }),
];
