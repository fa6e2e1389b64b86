// The process of the load that holds streams: exec sessions, port-forwards, watches; one kind at a time.
import { z } from 'zod';
import {
  ExecClient,
  execSpecSchema,
  forwardSpecSchema,
  runForward,
  WatchClient,
  watchSpecSchema,
} from '../stream-load/index.ts';
import { serveParent } from './serve-parent.ts';

const runSchema = z.object({ durationMs: z.number().min(1).max(60_000) });
const takeSchema = z.object({ events: z.int().min(1) });

let exec: ExecClient | undefined;
let watches: WatchClient | undefined;

serveParent({
  'exec-open': async (params) => {
    exec = new ExecClient();
    await exec.open(execSpecSchema.parse(params));
  },
  'exec-run': (params) => {
    if (exec === undefined) throw new TypeError('exec-open comes before exec-run');
    return exec.run(runSchema.parse(params).durationMs);
  },
  'exec-close': () => {
    exec?.close();
    exec = undefined;
  },
  forward: (params) => runForward(forwardSpecSchema.parse(params)),
  'watch-open': async (params) => {
    watches = new WatchClient(watchSpecSchema.parse(params));
    await watches.open();
  },
  /** Waits for so many events since the last call. */
  'watch-take': (params) => {
    if (watches === undefined) throw new TypeError('watch-open comes before watch-take');
    return watches.take(takeSchema.parse(params).events);
  },
  'watch-close': () => {
    watches?.close();
    watches = undefined;
  },
});
