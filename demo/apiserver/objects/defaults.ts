// What the API fills in when a manifest leaves it out, kind by kind, as far as kubectl shows it.
import { isObject, listAt, objectAt, textAt, textMapAt, withAt, withDefaults, without } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

/** The object with its defaults; `address` hands out the next cluster IP. */
export function applyDefaults(kind: string, object: JsonObject, address: () => string): JsonObject {
  switch (kind) {
    case 'Pod':
      return { ...object, spec: podSpec(objectAt(object, 'spec')) };
    case 'Deployment':
      return withTemplate(object, {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      });
    case 'ReplicaSet':
      return withTemplate(object, { replicas: 1 });
    case 'Service':
      return { ...object, spec: serviceSpec(objectAt(object, 'spec'), address) };
    case 'Secret':
      return secret(object);
    case 'Namespace':
      return namespace(object);
    case 'Node':
      return { ...object, spec: objectAt(object, 'spec') };
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return binding(object);
    default:
      return object;
  }
}

function withTemplate(object: JsonObject, defaults: JsonObject): JsonObject {
  const spec = withDefaults(objectAt(object, 'spec'), defaults);
  const template = objectAt(spec, 'template');
  const metadata = withDefaults(objectAt(template, 'metadata'), { creationTimestamp: null });
  const filled = { ...template, metadata, spec: podSpec(objectAt(template, 'spec')) };
  return { ...object, spec: { ...spec, template: filled } };
}

function podSpec(spec: JsonObject): JsonObject {
  const account = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  const filled = withDefaults(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
  });
  const named = account === '' ? {} : { serviceAccountName: account, serviceAccount: account };
  const initial = listAt(spec, 'initContainers');
  return {
    ...filled,
    ...named,
    containers: listAt(spec, 'containers').map(container),
    ...(initial.length === 0 ? {} : { initContainers: initial.map(container) }),
  };
}

function container(item: Json): Json {
  if (!isObject(item)) return item;
  const image = textAt(item, 'image');
  const latest = !/[:@][^/]*$/.test(image) || image.endsWith(':latest');
  const ports = listAt(item, 'ports').map((port) =>
    isObject(port) ? withDefaults(port, { protocol: 'TCP' }) : port,
  );
  const filled = withDefaults(item, {
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  return ports.length === 0 ? filled : { ...filled, ports };
}

function serviceSpec(spec: JsonObject, address: () => string): JsonObject {
  const type = textAt(spec, 'type') || 'ClusterIP';
  const ports = listAt(spec, 'ports').map((port) => {
    if (!isObject(port)) return port;
    return withDefaults(port, { protocol: 'TCP', targetPort: port['port'] ?? 0 });
  });
  const base = { ...withDefaults(spec, { sessionAffinity: 'None' }), type, ports };
  if (type === 'ExternalName') return base;
  const clusterIP = textAt(spec, 'clusterIP') || address();
  const family = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster' };
  return { ...withDefaults(base, family), clusterIP, clusterIPs: [clusterIP] };
}

/** stringData is merged into data and never shown again. */
function secret(object: JsonObject): JsonObject {
  const plain = [...textMapAt(object, 'stringData')].map(([name, text]): [string, Json] => {
    return [name, Buffer.from(text).toString('base64')];
  });
  const merged = { ...objectAt(object, 'data'), ...Object.fromEntries(plain) };
  const rest = withDefaults(without(object, 'stringData'), { type: 'Opaque' });
  return Object.keys(merged).length === 0 ? rest : { ...rest, data: merged };
}

function namespace(object: JsonObject): JsonObject {
  const name = textAt(object, 'metadata', 'name');
  const labelled = withAt(object, ['metadata', 'labels', 'kubernetes.io/metadata.name'], name);
  const spec = withDefaults(objectAt(object, 'spec'), { finalizers: ['kubernetes'] });
  return { ...labelled, spec };
}

function binding(object: JsonObject): JsonObject {
  const group = 'rbac.authorization.k8s.io';
  const subjects = listAt(object, 'subjects').map((subject) => {
    if (!isObject(subject) || textAt(subject, 'kind') === 'ServiceAccount') return subject;
    return withDefaults(subject, { apiGroup: group });
  });
  const roleRef = withDefaults(objectAt(object, 'roleRef'), { apiGroup: group });
  return { ...object, roleRef, ...(subjects.length === 0 ? {} : { subjects }) };
}
