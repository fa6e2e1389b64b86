// Keeps up with one kind of binding: a list in pages, then a watch from there on, and all over again when the apiserver no
// longer knows where that was. What client-go calls a reflector.
import { errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { afterTunnel, delayMs, FRESH_BACKOFF } from '../backoff.ts';
import type { BackoffState } from '../backoff.ts';
import type { ServiceAccountToken } from '../service-account.ts';
import type { Upstream } from '../upstream.ts';
import { readApiserver } from './apiserver-read.ts';
import type { BoundGroups } from './bound-groups.ts';
import type { GroupLimits } from './limits.ts';
import { createLineSplitter } from './line-splitter.ts';
import { listTarget, readEvent, readPage, watchTarget } from './role-bindings.ts';
import type { Binding, BindingEvent, BindingResource } from './role-bindings.ts';

export interface BindingWatch {
  /** Whether the table holds what the cluster has, or had a moment ago. */
  readonly health: WatchHealth;
}

export type WatchHealth = 'starting' | 'good' | 'forbidden' | 'broken';

export interface BindingWatchOptions {
  readonly resource: BindingResource;
  readonly upstream: Upstream;
  readonly serviceAccount: ServiceAccountToken;
  readonly table: BoundGroups;
  readonly limits: GroupLimits;
  readonly random: () => number;
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** An answer other than 200, or an event that says so. */
class RefusedWatch extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the kube-apiserver answered ${status}`);
    this.status = status;
  }
}

const GONE = 410;
const FORBIDDEN = 403;

export function startBindingWatch(options: BindingWatchOptions): BindingWatch {
  const { resource, upstream, serviceAccount, table, limits, random, logger, signal } = options;
  /** '' when a list is due. */
  let resourceVersion = '';
  let isSynced = false;
  let brokenSinceMs: number | undefined = performance.now();
  let lastStatus = 0;

  async function read(
    target: string,
    timeoutMs: number,
    onData: (chunk: Buffer) => void,
    onStatus?: (status: number) => void,
  ): Promise<void> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error('no answer in time')), timeoutMs);
    timer.unref();
    const authorization = serviceAccount.authorization();
    try {
      const status = await readApiserver(upstream, {
        target,
        authorization,
        signal: AbortSignal.any([signal, timeout.signal]),
        onData,
        ...(onStatus !== undefined && { onStatus }),
      });
      if (status !== 200) throw new RefusedWatch(status);
    } finally {
      clearTimeout(timer);
    }
  }

  async function readWhole(target: string): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    await read(target, limits.LIST_TIMEOUT_MS, (chunk) => {
      bytes += chunk.byteLength;
      if (bytes > limits.MAX_PAGE_BYTES)
        throw new RangeError(`a page of more than ${limits.MAX_PAGE_BYTES} bytes`);
      chunks.push(chunk);
    });
    return Buffer.concat(chunks, bytes).toString('utf8');
  }

  async function list(): Promise<void> {
    const bindings: Binding[] = [];
    let next = '';
    let version = '';
    for (let pages = 0; pages === 0 || next !== ''; pages += 1) {
      if (pages === limits.MAX_PAGES) throw new RangeError(`a list of more than ${limits.MAX_PAGES} pages`);
      const page = readPage(await readWhole(listTarget(resource, next, limits)), limits);
      for (const binding of page.bindings) if (binding.groups.length > 0) bindings.push(binding);
      if (bindings.length > limits.MAX_BINDINGS) throw new RangeError('a list of too many bindings');
      ({ next, resourceVersion: version } = page);
    }
    table.replace(resource, bindings);
    resourceVersion = version;
    logger.info('agent.groups.listed', { resource, bindings: bindings.length, groups: table.size });
  }

  /** Returns when the apiserver ends the watch in peace. */
  async function watch(): Promise<void> {
    const seconds = Math.round(limits.WATCH_SECONDS * (1 + random()));
    const lines = createLineSplitter(limits.MAX_LINE_BYTES);
    await read(
      watchTarget(resource, resourceVersion, seconds),
      seconds * 1000 + limits.WATCH_GRACE_MS,
      (chunk) => lines.push(chunk, (line) => take(readEvent(line, limits))),
      (status) => {
        if (status === 200) markGood();
      },
    );
  }

  function take(event: BindingEvent): void {
    if (event.type === 'error') throw new RefusedWatch(event.status);
    if (event.type === 'changed') table.set(resource, event.binding);
    if (event.type === 'deleted') table.delete(resource, event.binding.key);
    resourceVersion = event.resourceVersion;
  }

  function markGood(): void {
    isSynced = true;
    brokenSinceMs = undefined;
    lastStatus = 200;
  }

  function onFailure(error: unknown): void {
    brokenSinceMs ??= performance.now();
    lastStatus = error instanceof RefusedWatch ? error.status : 0;
    // A version that is gone, and what could not be understood or kept: only a new list helps.
    if (lastStatus === GONE || error instanceof RangeError || error instanceof TypeError)
      resourceVersion = '';
    if (error instanceof SyntaxError) resourceVersion = '';
    logger.warn('agent.groups.watch_failed', { resource, status: lastStatus, code: errorCode(error), error });
  }

  async function run(): Promise<void> {
    let backoff: BackoffState = FRESH_BACKOFF;
    while (!signal.aborted) {
      const startedAtMs = performance.now();
      try {
        if (resourceVersion === '') await list();
        await watch();
        // Ended as it was asked to. One that ends at once, again and again, is held back like one that fails.
        backoff = afterTunnel(backoff, performance.now() - startedAtMs);
      } catch (error) {
        if (signal.aborted) return;
        onFailure(error);
        backoff = afterTunnel(backoff, performance.now() - startedAtMs);
      }
      await pause(delayMs(backoff, random(), 0), signal);
    }
  }

  void run();
  return {
    get health() {
      if (!isSynced) return lastStatus === FORBIDDEN ? 'forbidden' : 'starting';
      const isBroken =
        brokenSinceMs !== undefined && performance.now() - brokenSinceMs > limits.MAX_BROKEN_MS;
      if (!isBroken) return 'good';
      return lastStatus === FORBIDDEN ? 'forbidden' : 'broken';
    },
  };
}

/** Resolves early when the signal comes. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
