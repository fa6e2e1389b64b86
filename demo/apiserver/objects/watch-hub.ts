// Watches: every change that a watcher's selector admits goes out at once, one JSON line each. A watcher that does
// not read is dropped, so that it costs the others nothing.
import type { Exchange } from '../exchange.ts';
import { encodeObject, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import {
  BOOKMARK_INTERVAL_MS,
  MAX_WATCHERS,
  WATCH_BUFFER_BYTES,
  WATCH_MAX_SECONDS,
  WATCH_MIN_SECONDS,
} from '../limits.ts';
import { groupVersionOf } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import { StatusError, badRequest, tooManyRequests } from '../status-error.ts';
import type { Change, ObjectStore } from './object-store.ts';
import type { Predicate } from './selectors.ts';

export interface WatchOptions {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly matches: Predicate;
  /** Empty or "0": begin with what exists. */
  readonly resourceVersion: string;
  readonly timeoutSeconds: number | undefined;
  readonly bookmarks: boolean;
  /** KEP-3157: what exists first, then a bookmark that says so. */
  readonly sendInitialEvents: boolean;
  /** The object of an event as the client asked to see it (whole, or as a table row). */
  readonly present: (object: JsonObject) => JsonObject;
}

export interface WatchHub {
  /** @throws StatusError 400, 429; a version that is too old becomes an ERROR event, as in the real API */
  watch(exchange: Exchange, options: WatchOptions): void;
  readonly size: number;
  close(): void;
}

interface Watcher {
  readonly options: WatchOptions;
  readonly exchange: Exchange;
  stop(): void;
}

export function createWatchHub(store: ObjectStore, log: { dropped(bytes: number): void }): WatchHub {
  const watchers = new Set<Watcher>();
  const unsubscribe = store.subscribe((change) => {
    for (const watcher of watchers) deliver(watcher, change);
  });
  const bookmarkTimer = setInterval(() => {
    for (const watcher of watchers) if (watcher.options.bookmarks) send(watcher, bookmark(watcher, {}));
  }, BOOKMARK_INTERVAL_MS);
  bookmarkTimer.unref();

  function send(watcher: Watcher, line: string): void {
    watcher.exchange.write(line);
    const waiting = watcher.exchange.waitingBytes();
    if (waiting <= WATCH_BUFFER_BYTES) return;
    log.dropped(waiting);
    watcher.stop();
    watcher.exchange.abort();
  }

  function deliver(watcher: Watcher, change: Change): void {
    const { options } = watcher;
    if (change.type !== options.type) return;
    if (options.namespace !== '' && textAt(change.object, 'metadata', 'namespace') !== options.namespace)
      return;
    const event = eventType(change, options.matches);
    if (event !== undefined) send(watcher, eventLine(event, options.present(change.object)));
  }

  function bookmark({ options }: Watcher, annotations: JsonObject): string {
    const metadata = { resourceVersion: String(store.revision()), creationTimestamp: null, ...annotations };
    const object = { kind: options.type.kind, apiVersion: groupVersionOf(options.type), metadata };
    return eventLine('BOOKMARK', object);
  }

  function begin(watcher: Watcher): void {
    const { type, namespace, matches, present, sendInitialEvents, resourceVersion } = watcher.options;
    const fromStart = sendInitialEvents || resourceVersion === '' || resourceVersion === '0';
    if (fromStart) {
      for (const object of store.list(type, namespace)) {
        if (matches(object)) send(watcher, eventLine('ADDED', present(object)));
      }
    }
    if (sendInitialEvents) {
      send(watcher, bookmark(watcher, { annotations: { 'k8s.io/initial-events-end': 'true' } }));
    }
    if (fromStart) return;
    const missed = store.changesSince(Number(resourceVersion));
    if (missed === undefined) {
      const oldest = `too old resource version: ${resourceVersion} (${store.revision()})`;
      send(watcher, eventLine('ERROR', new StatusError('Expired', oldest).body()));
      watcher.stop();
      watcher.exchange.end();
      return;
    }
    for (const change of missed) deliver(watcher, change);
  }

  return {
    get size() {
      return watchers.size;
    },
    watch(exchange, options) {
      if (watchers.size >= MAX_WATCHERS)
        throw tooManyRequests(`the stand-in serves at most ${MAX_WATCHERS} watches`);
      if (!/^\d*$/.test(options.resourceVersion)) {
        throw badRequest(`resourceVersion: invalid value ${JSON.stringify(options.resourceVersion)}`);
      }
      const timer = setTimeout(
        () => {
          watcher.stop();
          exchange.end();
        },
        1000 * watchSeconds(options.timeoutSeconds),
      );
      const watcher: Watcher = {
        exchange,
        options,
        stop() {
          clearTimeout(timer);
          watchers.delete(watcher);
        },
      };
      watchers.add(watcher);
      exchange.onClose(() => watcher.stop());
      exchange.startStream('application/json');
      begin(watcher);
    },
    close() {
      clearInterval(bookmarkTimer);
      unsubscribe();
      for (const watcher of watchers) {
        watcher.stop();
        watcher.exchange.end();
      }
    },
  };
}

function watchSeconds(wanted: number | undefined): number {
  if (wanted === undefined || wanted <= 0) return WATCH_MIN_SECONDS * (1 + Math.random());
  return Math.min(wanted, WATCH_MAX_SECONDS);
}

/** An object that starts or stops matching a selector appears or vanishes for that watcher. */
function eventType(change: Change, matches: Predicate): 'ADDED' | 'MODIFIED' | 'DELETED' | undefined {
  const before = change.previous !== undefined && matches(change.previous);
  if (change.action === 'deleted') return before ? 'DELETED' : undefined;
  const after = matches(change.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function eventLine(type: string, object: JsonObject): string {
  return `{"type":"${type}","object":${encodeObject(object)}}\n`;
}
