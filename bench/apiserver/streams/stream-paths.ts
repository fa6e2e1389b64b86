// Where the stand-in has its streams, and what they are asked: the paths are the apiserver's, the bench's own wish is a query.

export const EXEC_PATH = '/api/v1/namespaces/default/pods/bench/exec?command=cat&stdin=true&stdout=true';
/** KEP-4006. */
export const EXEC_SUBPROTOCOL = 'v5.channel.k8s.io';
export const STDIN_CHANNEL = 0;
export const STDOUT_CHANNEL = 1;

/** As kubectl says it since 1.31; the bench carries plain bytes where kubectl has SPDY frames. */
export const FORWARD_SUBPROTOCOL = 'SPDY/3.1+portforward.k8s.io';
/** Payload of each message: what kubectl's tunnel makes of a copy of 32 KiB. */
export const FORWARD_MESSAGE_BYTES = 32 * 1024;

export type ForwardDirection = 'down' | 'up';

const FORWARD = /^\/api\/v1\/namespaces\/default\/pods\/bench\/portforward\?ports=80&(down|up)=(\d{1,12})$/;
const WATCH =
  /^\/api\/v1\/namespaces\/default\/configmaps\?watch=true&fieldSelector=metadata\.name%3Dw-(\d{1,6})$/;

/** @param bytes that flow in this direction */
export function forwardPath(direction: ForwardDirection, bytes: number): string {
  return `/api/v1/namespaces/default/pods/bench/portforward?ports=80&${direction}=${bytes}`;
}

export function watchPath(watch: number): string {
  return `/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name%3Dw-${watch}`;
}

export type StreamRequest =
  | { readonly kind: 'exec' }
  | { readonly kind: 'forward'; readonly direction: ForwardDirection; readonly bytes: number }
  | { readonly kind: 'watch'; readonly watch: number };

/** @returns undefined for what the stand-in does not have */
export function streamRequest(path: string): StreamRequest | undefined {
  if (path === EXEC_PATH) return { kind: 'exec' };
  const watch = WATCH.exec(path)?.[1];
  if (watch !== undefined) return { kind: 'watch', watch: Number(watch) };
  const [, direction, bytes] = FORWARD.exec(path) ?? [];
  if (direction === undefined) return undefined;
  return { kind: 'forward', direction: direction === 'up' ? 'up' : 'down', bytes: Number(bytes) };
}
