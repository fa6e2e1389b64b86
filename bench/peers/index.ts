export { CLOUD_PEERS } from './cloud-peers.ts';
export type { CloudPeer } from './cloud-peers.ts';
export { goVersionOf, PEER_TOOLS, providePeerTool } from './peer-tools.ts';
export type { PeerToolName, ToolSearch } from './peer-tools.ts';
