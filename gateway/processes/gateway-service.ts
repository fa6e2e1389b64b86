// What `cluster-connect gateway` runs: one process, or several with their supervisor.
import { createLogger } from '../../observe/index.ts';
import type { GatewayServiceConfig } from '../config.ts';
import { startGateway } from '../gateway.ts';
import { coreCount, processCount } from './process-count.ts';
import { canSharePort } from './shared-port.ts';
import { startGatewayProcesses } from './supervisor.ts';
import type { GatewayProcessesOptions } from './supervisor.ts';

export interface GatewayService {
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** @throws what startGateway and startGatewayProcesses throw, and ProcessError CC_ERR_PROCESS_PORT_SHARING */
export async function startGatewayService(
  config: GatewayServiceConfig,
  options: GatewayProcessesOptions = {},
): Promise<GatewayService> {
  const logger = options.logger ?? createLogger({ level: config.logLevel });
  const count = await processCount(config.processes, logger, { cores: coreCount(), canSharePort });
  const withLogger = { ...options, logger };
  return count === 1 ? startGateway(config, withLogger) : startGatewayProcesses(config, count, withLogger);
}
