export { startPeerEndpoint } from './peer-endpoint.ts';
export type { PeerEndpoint } from './peer-endpoint.ts';
export { peerLimits } from './peer-limits.ts';
export { createPeerSecret } from './peer-secret.ts';
export { createPeers } from './peers.ts';
export type { Peers } from './peers.ts';
