// What curl asks for: every method, framing and kind of answer that a client of the API may meet.
import { configMap, incompressibleText } from '../cluster-objects.ts';

export const KIB = 1024;
export const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
export const JSON_BODY = ['--header', 'Content-Type: application/json'];
const BLOB = incompressibleText(200 * KIB, 7);
export const MEGABYTES = incompressibleText(3300 * KIB, 8);
export const FROM_INPUT = ['--data-binary', '@-'];

export interface Row {
  readonly title: string;
  readonly target: string;
  readonly args?: readonly string[];
  readonly input?: string;
  readonly status: number;
  /** The body has to contain it. */
  readonly shows?: string;
}

export function review(name: string): string {
  return JSON.stringify({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'get', resource: 'pods', name } },
  });
}

/** In this order: each row sees what the ones before it left. */
export function rowsOf(namespace: string): readonly Row[] {
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const patch = (type: string, body: string): readonly string[] => [
    '--request',
    'PATCH',
    '--header',
    `Content-Type: application/${type}`,
    '--data',
    body,
  ];
  const own = JSON.stringify(configMap('own', { text: 'Grüße, 世界 🌍' }));
  return [
    { title: 'a list that is empty', target: maps, status: 200, shows: '"items": []' },
    {
      title: 'POST',
      target: maps,
      args: [...JSON_BODY, ...FROM_INPUT],
      input: own,
      status: 201,
      shows: '"own"',
    },
    {
      title: 'POST of what is there',
      target: maps,
      args: [...JSON_BODY, ...FROM_INPUT],
      input: own,
      status: 409,
    },
    {
      title: 'POST, chunked, from a pipe',
      target: maps,
      args: [...JSON_BODY, '--request', 'POST', '--upload-file', '-'],
      input: JSON.stringify(configMap('chunked', { blob: BLOB })),
      status: 201,
    },
    {
      title: 'GET',
      target: `${maps}/own`,
      status: 200,
      shows: Buffer.from('Grüße, 世界 🌍').toString('latin1'),
    },
    {
      title: 'a list as a table',
      target: `${maps}?fieldSelector=metadata.name%3Dnone`,
      args: ['--header', 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io'],
      status: 200,
      shows: 'columnDefinitions',
    },
    {
      title: 'an object as Protobuf',
      target: '/api/v1/namespaces/kube-system',
      args: ['--header', 'Accept: application/vnd.kubernetes.protobuf'],
      status: 200,
      shows: 'k8s\0',
    },
    { title: 'a list of 200 KB', target: maps, status: 200, shows: BLOB },
    {
      title: 'a list with --compressed',
      target: maps,
      args: ['--compressed'],
      status: 200,
      shows: BLOB,
    },
    { title: 'HEAD', target: '/livez', args: ['--head'], status: 200 },
    { title: 'HEAD of an object', target: `${maps}/own`, args: ['--head'], status: 405 },
    {
      title: 'PUT',
      target: `${maps}/own`,
      args: ['--request', 'PUT', ...JSON_BODY, ...FROM_INPUT],
      input: JSON.stringify(configMap('own', { mode: 'put' })),
      status: 200,
      shows: '"put"',
    },
    {
      title: 'PUT, chunked',
      target: `${maps}/own`,
      args: [...JSON_BODY, '--upload-file', '-'],
      input: JSON.stringify(configMap('own', { mode: 'fast' })),
      status: 200,
      shows: '"fast"',
    },
    {
      title: 'a JSON patch',
      target: `${maps}/own`,
      args: patch('json-patch+json', '[{"op":"add","path":"/data/a","value":"1"}]'),
      status: 200,
      shows: '"a": "1"',
    },
    {
      title: 'a merge patch',
      target: `${maps}/own`,
      args: patch('merge-patch+json', '{"data":{"b":"2"}}'),
      status: 200,
      shows: '"b": "2"',
    },
    {
      title: 'a strategic merge patch',
      target: `${maps}/own`,
      args: patch('strategic-merge-patch+json', '{"data":{"c":"3"}}'),
      status: 200,
      shows: '"c": "3"',
    },
    {
      title: 'a server-side apply',
      target: `${maps}/applied?fieldManager=curl`,
      args: patch('apply-patch+yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\n'),
      status: 201,
      shows: '"applied"',
    },
    {
      title: 'a patch of an unknown kind',
      target: `${maps}/own`,
      args: patch('unheard-of', '{}'),
      status: 415,
    },
    {
      title: 'a patch that fails its test',
      target: `${maps}/own`,
      args: patch('json-patch+json', '[{"op":"test","path":"/data/a","value":"9"}]'),
      status: 422,
    },
    {
      title: 'DELETE with a body',
      target: `${maps}/own`,
      args: [
        '--request',
        'DELETE',
        ...JSON_BODY,
        '--data',
        '{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"other"}}',
      ],
      status: 409,
      shows: 'the UID in the precondition',
    },
    { title: 'DELETE without a body', target: `${maps}/applied`, args: ['--request', 'DELETE'], status: 200 },
    {
      title: 'DELETE with a body, of all',
      target: maps,
      args: [
        '--request',
        'DELETE',
        ...JSON_BODY,
        '--data',
        '{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}',
      ],
      status: 200,
    },
    { title: 'an object that is not there', target: `${maps}/own`, status: 404, shows: 'NotFound' },
    { title: 'a body that is no JSON', target: maps, args: [...JSON_BODY, '--data', '{'], status: 400 },
    {
      title: 'a path that is not there',
      target: '/apis/unheard.of/v1',
      status: 404,
      shows: '404 page not found',
    },
    {
      title: 'an Accept that nothing meets',
      target: maps,
      args: ['--header', 'Accept: image/png'],
      status: 406,
    },
    {
      title: 'a method that is not allowed',
      target: `${maps}/own`,
      args: ['--request', 'POST'],
      status: 405,
    },
    {
      title: 'a body over 3 MiB',
      target: REVIEWS,
      args: [...JSON_BODY, ...FROM_INPUT],
      input: review(MEGABYTES),
      status: 413,
      shows: 'limit is 3145728',
    },
  ];
}
