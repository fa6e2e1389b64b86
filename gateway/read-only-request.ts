// Which requests only read. Kubernetes has GETs that do more (exec, proxy), and POSTs that do nothing (self reviews).
// Paths are read as the apiserver reads them: decoded once, then split (k8s.io/apiserver RequestInfoFactory).

export interface RequestLine {
  readonly method: string;
  /** Origin form, as it goes to the apiserver: without the gateway's prefix, percent-encoding untouched. */
  readonly target: string;
  /** Empty when the request asks for no upgrade. */
  readonly upgrade: string;
}

const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Reached by GET, yet whoever may use them runs commands or reaches what the cluster's network reaches. */
const ACTING_SUBRESOURCES: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** `namespaces/NAME/status` is the namespace's own subresource, not a resource called `status`. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

// What `kubectl auth whoami` and `kubectl auth can-i` post: questions about oneself, answered and not stored.
const SELF_REVIEW =
  /^\/apis\/(?:authentication\.k8s\.io\/v1(?:alpha1|beta1)?\/selfsubjectreviews|authorization\.k8s\.io\/v1(?:beta1)?\/selfsubject(?:access|rules)reviews)$/;

/** True only when it is sure; a path that two readers could read differently is not. */
export function isReadOnlyRequest({ method, target, upgrade }: RequestLine): boolean {
  // Aggregated APIs have interactive subresources of their own (a console, a port): all of them need an upgrade.
  if (upgrade !== '') return false;
  const path = decodedPath(target);
  if (path === undefined) return false;
  if (method === 'POST') return SELF_REVIEW.test(path);
  return READING_METHODS.has(method) && !reachesActingSubresource(path);
}

/** Undefined for a path with bad encoding, no leading slash, or empty and dot segments within. */
function decodedPath(target: string): string | undefined {
  const queryAt = target.indexOf('?');
  let path: string;
  try {
    path = decodeURIComponent(queryAt === -1 ? target : target.slice(0, queryAt));
  } catch {
    return undefined;
  }
  return /^\/(?!\/)/.test(path) && !/\/\/|\/\.{1,2}(?:\/|$)/.test(path) ? path : undefined;
}

function reachesActingSubresource(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] !== 'api' && parts[0] !== 'apis') return false;
  // /api/VERSION/… or /apis/GROUP/VERSION/…
  let rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  // The verb prefixes of old: `/api/v1/watch/…` reads, `/api/v1/proxy/…` is a proxy.
  if (rest[0] === 'proxy') return true;
  if (rest[0] === 'watch') rest = rest.slice(1);
  if (rest[0] === 'namespaces' && rest[2] !== undefined && !NAMESPACE_SUBRESOURCES.has(rest[2])) {
    rest = rest.slice(2);
  }
  // RESOURCE/NAME/SUBRESOURCE
  return ACTING_SUBRESOURCES.has(rest[2] ?? '');
}
