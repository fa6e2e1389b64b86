// An apiserver's role bindings by hand: a test takes each list and watch as it comes and says what becomes of it.
import type { Dispatcher } from 'undici';
import type { VerifiedToken } from '../../../auth/index.ts';
import { createGroupFilter } from '../../../relay-agent/groups/index.ts';
import type { GroupFilter, GroupLimits } from '../../../relay-agent/groups/index.ts';
import type { UpstreamRequest } from '../../../relay-agent/upstream-request.ts';
import type { Upstream } from '../../../relay-agent/upstream.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { MemoryLog } from '../../support/memory-log.ts';

export const RESOURCES = ['clusterrolebindings', 'rolebindings'] as const;
export type Resource = (typeof RESOURCES)[number];

export interface Read extends UpstreamRequest {
  readonly query: URLSearchParams;
  /** Whether the agent broke it off. */
  readonly isAborted: () => boolean;
  begin(status: number): void;
  data(text: string): void;
  end(): void;
  fail(error: Error): void;
  /** A whole answer. */
  answer(status: number, body: unknown): void;
  /** One event of a watch that has begun. */
  event(type: string, object: unknown): void;
}

export interface BindingsDouble {
  readonly filter: GroupFilter;
  readonly log: MemoryLog;
  /** The next list or watch of that resource that nobody took yet; waits for it. */
  next(this: void, resource: Resource): Promise<Read>;
  /** How many were asked for so far. */
  readonly reads: number;
  /** Answers one list of each resource and begins a watch of each, which it returns. */
  sync(this: void, bindings?: Partial<Record<Resource, readonly object[]>>): Promise<Record<Resource, Read>>;
}

/** @param random 0 makes every wait before another try as short as it can be: nothing */
export function startBindingsDouble(limits: Partial<GroupLimits> = {}, random = 0): BindingsDouble {
  const untaken: Record<Resource, Read[]> = { clusterrolebindings: [], rolebindings: [] };
  const waiting: Record<Resource, ((read: Read) => void)[]> = { clusterrolebindings: [], rolebindings: [] };
  const log = memoryLog();
  let reads = 0;

  const upstream: Upstream = {
    dispatch(request, handler) {
      reads += 1;
      const read = createRead(request, handler);
      const resource = request.target.includes('/clusterrolebindings?') ? RESOURCES[0] : RESOURCES[1];
      const taker = waiting[resource].shift();
      if (taker === undefined) untaken[resource].push(read);
      else taker(read);
    },
    upgrade: () => {
      throw new Error('no upgrade is expected');
    },
    close: () => Promise.resolve(),
  };
  const filter = createGroupFilter({
    upstream,
    serviceAccount: { authorization: () => 'Bearer agent', close: () => undefined },
    logger: log.logger,
    random: () => random,
    limits,
  });

  function next(resource: Resource): Promise<Read> {
    const read = untaken[resource].shift();
    if (read !== undefined) return Promise.resolve(read);
    return new Promise((resolve) => waiting[resource].push(resolve));
  }

  return {
    filter,
    log,
    next,
    get reads() {
      return reads;
    },
    async sync(bindings = {}) {
      const open = async (resource: Resource): Promise<Read> => {
        (await next(resource)).answer(200, list('1', bindings[resource] ?? []));
        const watch = await next(resource);
        watch.begin(200);
        return watch;
      };
      const [clusterrolebindings, rolebindings] = await Promise.all([open(RESOURCES[0]), open(RESOURCES[1])]);
      return { clusterrolebindings, rolebindings };
    },
  };
}

function createRead(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): Read {
  let aborted = false;
  const controller: Dispatcher.DispatchController = {
    abort: () => {
      aborted = true;
    },
    pause: () => undefined,
    resume: () => undefined,
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: [],
  };
  handler.onRequestStart?.(controller, {});
  const read: Read = {
    ...request,
    query: new URL(request.target, 'https://apiserver').searchParams,
    isAborted: () => aborted,
    begin: (status) => handler.onResponseStart?.(controller, status, {}, ''),
    data: (text) => handler.onResponseData?.(controller, Buffer.from(text)),
    end: () => handler.onResponseEnd?.(controller, {}),
    fail: (error) => handler.onResponseError?.(controller, error),
    answer: (status, body) => {
      read.begin(status);
      read.data(typeof body === 'string' ? body : JSON.stringify(body));
      read.end();
    },
    event: (type, object) => read.data(`${JSON.stringify({ type, object })}\n`),
  };
  return read;
}

export function list(resourceVersion: string, items: readonly object[], next?: string): object {
  return {
    kind: 'List',
    metadata: { resourceVersion, ...(next !== undefined && { continue: next }) },
    items,
  };
}

export function binding(name: string, groups: readonly string[], resourceVersion = '2'): object {
  const subjects = groups.map((group) => ({ kind: 'Group', name: group }));
  return { metadata: { name, resourceVersion }, subjects };
}

/** Somebody in that many groups, `g0` and so on, with the headers that auth makes of it. */
export function somebody(count: number): VerifiedToken {
  const groups = Array.from({ length: count }, (_, index) => `g${index}`);
  return Object.freeze({
    kind: 'user' as const,
    tenantId: 't',
    objectId: 'o',
    applicationId: 'a',
    tokenId: 'u',
    groups,
    expiresAtMs: Infinity,
    recheckAtMs: Infinity,
    user: { name: 'o', uid: '', groups, extra: { oid: ['g1'] } },
    impersonation: [
      'impersonate-user',
      'o',
      ...groups.flatMap((group) => ['impersonate-group', group]),
      'impersonate-extra-oid',
      'g1',
    ],
  });
}

export function headersOf(...groups: readonly string[]): string[] {
  return [
    'impersonate-user',
    'o',
    ...groups.flatMap((group) => ['impersonate-group', group]),
    'impersonate-extra-oid',
    'g1',
  ];
}
