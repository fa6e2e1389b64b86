// What one would like to see beside the relay and cannot run on a machine alone: named, so that nobody takes them for
// forgotten.

export interface CloudPeer {
  readonly name: string;
  readonly reason: string;
}

export const CLOUD_PEERS: readonly CloudPeer[] = [
  { name: 'Azure Arc cluster connect', reason: 'its relay is Azure Relay, a hosted service' },
  { name: 'Azure Relay hybrid connections', reason: 'a hosted service' },
  { name: 'GKE Connect gateway', reason: 'a hosted service of Google Cloud' },
  {
    name: 'Cloudflare Tunnel (cloudflared)',
    reason: "ends in Cloudflare's network; there is no server to run",
  },
  { name: 'ngrok', reason: 'ends in a hosted service; there is no server to run' },
  { name: 'Tailscale operator proxy', reason: 'needs a coordination server and an account' },
  { name: 'GitLab agent (KAS)', reason: 'needs a GitLab instance behind it' },
  { name: 'Teleport', reason: 'needs a cluster of its own services and accounts before the first request' },
];
