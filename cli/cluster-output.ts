// What the cluster commands print: for people, with the next command ready to copy, or as JSON for programs. Pure.
import type { ClusterStore, GatewayConfig } from '../gateway/index.ts';

import { DEFAULT_AUTHORITY_HOST } from './token/sign-in-request.ts';

type Clusters = Awaited<ReturnType<ClusterStore['listClusters']>>;

export interface Join {
  readonly clusterName: string;
  readonly clusterId: string;
  readonly joinToken: string;
  readonly expiresAt: string;
  readonly gatewayUrl: string;
  readonly gatewayCaFile: string;
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function joinText(join: Join, config: GatewayConfig): string {
  const ownCa = config.tls === undefined;
  const { tenants, audiences, authorityHost, authorityCa } = config.entra;
  // Its path at the gateway means nothing where the command will run.
  const ofCa = (flag: string): string => (authorityCa === undefined ? '' : ` ${flag} authority-ca.pem`);
  const usual = authorityHost === DEFAULT_AUTHORITY_HOST;
  return `Cluster ${join.clusterName} may join until ${join.expiresAt}, once, with this token (it is not shown again):

  ${join.joinToken}

The gateway's CA certificate (no secret): ${join.gatewayCaFile}

Next, beside the cluster${ownCa ? ', with a copy of that certificate' : ''}:

  CLUSTER_CONNECT_JOIN_TOKEN=${join.joinToken} \\
  cluster-connect agent --gateway-url ${join.gatewayUrl}${ownCa ? ' --gateway-ca-file gateway-ca.pem' : ''} \\
    --entra-tenants ${tenants.join(',')} --entra-audiences ${audiences.join(',')}${
      usual
        ? ''
        : ` \\
    --entra-authority-host ${authorityHost}${ofCa('--entra-authority-ca-file')}`
    }

In a pod the agent finds the apiserver itself; elsewhere it needs --upstream-server, --upstream-ca-file and
--upstream-token-file too. It keeps its key in --state-dir.

Then, for each person:

  cluster-connect get-credentials --gateway ${join.gatewayUrl} --cluster ${join.clusterName} --ca gateway-ca.pem \\
    --tenant ${tenants[0] ?? 'TENANT'} --client-id CLIENT_ID --server-id ${audiences[0] ?? 'API'}${
      usual
        ? ''
        : ` \\
    --authority-host ${authorityHost}${ofCa('--authority-ca')}`
    }
`;
}

export function clustersText(clusters: Clusters): string {
  if (clusters.length === 0) return 'There are no clusters. Add one: cluster-connect cluster add NAME\n';
  const rows = [
    ['NAME', 'ID', 'ADDED'],
    ...clusters.map(({ name, id, createdAtMs }) => [name, id, new Date(createdAtMs).toISOString()]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
