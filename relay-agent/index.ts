export { startAgent } from './agent.ts';
export type { RunningAgent } from './agent.ts';
export { AgentError } from './agent-error.ts';
export type { AgentErrorCode } from './agent-error.ts';
export type { AgentConfig, UpstreamConfig } from './config.ts';
