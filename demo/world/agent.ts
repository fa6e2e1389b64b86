// The agent as the tour needs it: the real command beside the cluster, with its tunnels up.
import { join } from 'node:path';
import type { DemoCluster } from '../clusters/index.ts';
import type { AddedCluster, DemoGateway, StartOptions } from './gateway.ts';
import { CLI } from './run-cli.ts';
import { startService } from './service.ts';
import type { Service } from './service.ts';
import { writeAgentSettings } from './settings-files.ts';
import type { Surroundings } from './settings-files.ts';

/** The agent's own default. */
const TUNNELS = 2;

/** @throws DemoError CC_ERR_DEMO_PART */
export async function startDemoAgent(
  surroundings: Surroundings,
  gateway: DemoGateway,
  added: AddedCluster,
  cluster: DemoCluster,
  { environment, signal, onStart, onUnexpectedEnd }: StartOptions,
): Promise<Service> {
  const settingsFile = await writeAgentSettings(surroundings, { url: gateway.url, ...added }, cluster);
  const service = await startService({
    title: 'The agent',
    file: process.execPath,
    args: [CLI, 'agent', '--config', settingsFile],
    environment,
    signal,
    logFile: join(surroundings.directory, 'agent.log'),
  });
  onStart(service);
  await service.sees('agent.tunnel.connected', TUNNELS);
  service.onUnexpectedEnd(onUnexpectedEnd);
  return service;
}
