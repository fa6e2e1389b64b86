export { createApiEndpoint } from './api-endpoint.ts';
export type { Carry } from './carry.ts';
export { createEdgeCounters } from './edge-counters.ts';
export { startEdgeListener } from './listener.ts';
export type { EdgeListener } from './listener.ts';
export { createRequestChain, refuseExchange } from './request-chain.ts';
export { createRouter } from './route.ts';
export { createTunnelEndpoint } from './tunnel-endpoint.ts';
export { createUserStreams } from './user-streams.ts';
