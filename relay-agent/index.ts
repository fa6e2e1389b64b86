export { startAgent } from './agent.ts';
export type { AgentOptions, RunningAgent } from './agent.ts';
export { AgentError } from './agent-error.ts';
export type { AgentErrorCode } from './agent-error.ts';
export type { AgentWaits } from './limits.ts';
export { keepTunnel } from './tunnel-keeper.ts';
export type { TunnelKeeper, TunnelKeeperConfig, TunnelKeeperOptions } from './tunnel-keeper.ts';
export type { AgentConfig, UpstreamConfig } from './config.ts';
