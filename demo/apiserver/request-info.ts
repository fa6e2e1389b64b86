// What a request asks for, read from method, path and query as k8s.io/apiserver's RequestInfoFactory reads them:
// authorization and routing must never disagree, so both use this one answer.
import { badRequest } from './status-error.ts';

export interface RequestInfo {
  readonly isResource: boolean;
  /** The decoded path, for rules on non-resource URLs. */
  readonly path: string;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Segments after the subresource; nothing is served there. */
  readonly surplus: number;
}

const VERBS: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);
const TRUE_VALUES = new Set(['', '1', 'true', 't', 'T', 'TRUE', 'True']);

/** A target in origin form as path and query. @throws StatusError 400 for any other form or bad escapes. */
export function splitTarget(target: string): { path: string; segments: string[]; query: URLSearchParams } {
  if (!target.startsWith('/')) throw badRequest('the request target must be in origin form');
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  const segments = rawPath
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
  return {
    path: `/${segments.join('/')}${rawPath.endsWith('/') && segments.length > 0 ? '/' : ''}`,
    segments,
    query,
  };
}

function decodeSegment(segment: string): string {
  let text;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw badRequest('the request path holds a malformed escape');
  }
  // Names never hold these (k8s.io/apimachinery path segment names); refusing them keeps a path unambiguous.
  if (text === '.' || text === '..' || /[/%\0]/.test(text)) {
    throw badRequest('the request path holds a segment that cannot be a name');
  }
  return text;
}

export function isTrue(value: string | null): boolean {
  return value !== null && TRUE_VALUES.has(value);
}

/** @throws StatusError 400 */
export function readRequestInfo(
  method: string,
  target: string,
): { info: RequestInfo; query: URLSearchParams } {
  const { path, segments, query } = splitTarget(target);
  const plain = {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    surplus: 0,
  };
  const [prefix, ...rest] = segments;
  const grouped = prefix === 'apis';
  if (segments.length < (grouped ? 4 : 3) || (prefix !== 'api' && !grouped)) return { info: plain, query };
  const group = grouped ? (rest.shift() ?? '') : '';
  const version = rest.shift() ?? '';
  let namespace = '';
  let parts = rest;
  if (parts[0] === 'namespaces' && parts[1] !== undefined) {
    namespace = parts[1];
    if (parts[2] !== undefined && !NAMESPACE_SUBRESOURCES.has(parts[2])) parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = parts;
  const base = { ...plain, isResource: true, group, version, namespace, resource, subresource };
  const surplus = Math.max(0, parts.length - 3);
  return { info: { ...base, ...verbAndName(method, name, query), surplus }, query };
}

function verbAndName(method: string, name: string, query: URLSearchParams): { verb: string; name: string } {
  const verb = VERBS.get(method) ?? '';
  if (name !== '' || (verb !== 'get' && verb !== 'delete')) return { verb, name };
  if (verb === 'delete') return { verb: 'deletecollection', name };
  // A list or watch of one name is authorized for that name (resourceNames).
  const exact = /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '');
  return { verb: isTrue(query.get('watch')) ? 'watch' : 'list', name: exact?.[1] ?? '' };
}
