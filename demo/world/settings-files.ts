// The settings files of the gateway and the agent, as an administrator would write them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cast } from '../cast.ts';
import type { DemoCluster } from '../clusters/index.ts';
import type { EntraStandIn } from '../entra/index.ts';
import { DRAIN_TIMEOUT } from '../limits.ts';

export const CLUSTER_NAME = 'factory-1';

export interface Surroundings {
  readonly directory: string;
  readonly entra: EntraStandIn;
  readonly entraCaFile: string;
  readonly cast: Cast;
}

/** Where the gateway will be; both ports are on 127.0.0.1. */
export interface GatewayPorts {
  readonly port: number;
  readonly privatePort: number;
}

export async function writeGatewaySettings(
  { directory, entra, entraCaFile, cast }: Surroundings,
  { port, privatePort }: GatewayPorts,
): Promise<string> {
  return writeYaml(join(directory, 'gateway.yaml'), {
    publicUrl: `https://127.0.0.1:${port}`,
    listen: `127.0.0.1:${port}`,
    privateListen: `127.0.0.1:${privatePort}`,
    dataDir: join(directory, 'gateway'),
    entra: entraSettings(entra, entraCaFile),
    // Mallory is in neither group, so no rule names her.
    access: [
      { clusters: [CLUSTER_NAME], role: 'admin', groups: [cast.adminsGroupId] },
      {
        clusters: [CLUSTER_NAME],
        role: 'user',
        groups: [cast.developersGroupId],
        applications: [cast.pipeline.clientId],
      },
    ],
    drainTimeout: DRAIN_TIMEOUT,
  });
}

export async function writeAgentSettings(
  { directory, entra, entraCaFile }: Surroundings,
  gateway: { readonly url: string; readonly caFile: string; readonly joinTokenFile: string },
  { upstream }: Pick<DemoCluster, 'upstream'>,
): Promise<string> {
  const caFile = join(directory, 'cluster-ca.pem');
  await writeFile(caFile, upstream.caPem, { mode: 0o600 });
  return writeYaml(join(directory, 'agent.yaml'), {
    gatewayUrl: gateway.url,
    gatewayCaFile: gateway.caFile,
    joinTokenFile: gateway.joinTokenFile,
    stateDir: join(directory, 'agent'),
    entra: entraSettings(entra, entraCaFile),
    upstream: { server: upstream.server, caFile, tokenFile: upstream.tokenFile },
    drainTimeout: DRAIN_TIMEOUT,
  });
}

function entraSettings(entra: EntraStandIn, authorityCaFile: string) {
  return {
    authorityHost: entra.authorityHost,
    authorityCaFile,
    tenants: [entra.tenantId],
    audiences: entra.audiences,
  };
}

async function writeYaml(file: string, settings: unknown): Promise<string> {
  await writeFile(file, stringify(settings), { mode: 0o600 });
  return file;
}
