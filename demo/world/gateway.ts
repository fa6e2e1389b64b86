// The gateway as the tour needs it: the real command on a free port, with one cluster added.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePorts } from '../control-plane/index.ts';
import { DemoError } from '../demo-error.ts';
import { GATEWAY_ATTEMPTS } from '../limits.ts';
import { CLI, runCli } from './run-cli.ts';
import { startService } from './service.ts';
import type { Service } from './service.ts';
import { CLUSTER_NAME, writeGatewaySettings } from './settings-files.ts';
import type { Surroundings } from './settings-files.ts';

export interface DemoGateway {
  readonly url: string;
  readonly service: Service;
  readonly settingsFile: string;
}

export interface StartOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Told of each process as soon as it runs. */
  readonly onStart: (service: Service) => void;
  /** Told when one ends that had been ready. */
  readonly onUnexpectedEnd: (error: DemoError) => void;
}

/** @throws DemoError CC_ERR_DEMO_PART */
export async function startDemoGateway(
  surroundings: Surroundings,
  options: StartOptions,
): Promise<DemoGateway> {
  for (let attempt = 1; ; attempt += 1) {
    const [port = 0, privatePort = 0] = await findFreePorts(2);
    const settingsFile = await writeGatewaySettings(surroundings, { port, privatePort });
    const service = await startService({
      title: 'The gateway',
      file: process.execPath,
      args: [CLI, 'gateway', '--config', settingsFile],
      environment: options.environment,
      signal: options.signal,
      logFile: join(surroundings.directory, 'gateway.log'),
    });
    options.onStart(service);
    try {
      await service.sees('gateway.started', 1);
      service.onUnexpectedEnd(options.onUnexpectedEnd);
      return { url: `https://127.0.0.1:${port}`, service, settingsFile };
    } catch (error) {
      const portWasTaken = service.tail().some((line) => line.includes('EADDRINUSE'));
      await service.stop();
      if (!portWasTaken || attempt === GATEWAY_ATTEMPTS) throw error;
    }
  }
}

export interface AddedCluster {
  readonly caFile: string;
  readonly joinTokenFile: string;
}

/** `cluster-connect cluster add`, on the gateway's machine. */
export async function addCluster(
  { settingsFile }: DemoGateway,
  directory: string,
  { environment, signal }: StartOptions,
): Promise<AddedCluster> {
  const args = ['cluster', 'add', CLUSTER_NAME, '--config', settingsFile, '-o', 'json'];
  const text = await runCli(args, { title: 'cluster-connect cluster add', environment, signal });
  const added: unknown = JSON.parse(text);
  if (typeof added === 'object' && added !== null && 'joinToken' in added && 'gatewayCaFile' in added) {
    const { joinToken, gatewayCaFile } = added;
    if (typeof joinToken === 'string' && typeof gatewayCaFile === 'string') {
      const joinTokenFile = join(directory, 'join-token');
      await writeFile(joinTokenFile, joinToken, { mode: 0o600 });
      return { caFile: gatewayCaFile, joinTokenFile };
    }
  }
  throw new DemoError('CC_ERR_DEMO_PART', 'cluster-connect cluster add printed no join token');
}
