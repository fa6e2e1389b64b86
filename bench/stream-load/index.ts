export { ExecClient, execRoundSchema, execSpecSchema } from './exec-client.ts';
export type { ExecRound, ExecSpec } from './exec-client.ts';
export { forwardRoundSchema, forwardSpecSchema, runForward } from './forward-client.ts';
export type { ForwardRound, ForwardSpec } from './forward-client.ts';
export { WatchClient, watchRoundSchema, watchSpecSchema } from './watch-client.ts';
export type { WatchRound, WatchSpec } from './watch-client.ts';
export { STREAM_PARTS } from './parts.ts';
