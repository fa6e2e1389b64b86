// How many processes a gateway runs as.
import { availableParallelism } from 'node:os';
import type { Logger } from '../../observe/index.ts';
import { MAX_AUTO_PROCESSES } from './limits.ts';
import { ProcessError } from './process-error.ts';

export interface Machine {
  /** Cores that this process may use, its container's quota among the reasons for fewer. */
  readonly cores: number;
  canSharePort(): Promise<boolean>;
}

/** @throws ProcessError CC_ERR_PROCESS_PORT_SHARING where more than one was asked for and the system cannot */
export async function processCount(
  asked: number | 'auto',
  logger: Logger,
  machine: Machine,
): Promise<number> {
  const wanted = asked === 'auto' ? Math.min(machine.cores, MAX_AUTO_PROCESSES) : asked;
  if (wanted === 1 || (await machine.canSharePort())) return wanted;
  if (asked !== 'auto') {
    throw new ProcessError(
      'CC_ERR_PROCESS_PORT_SHARING',
      'processes on this system cannot share a port: leave out the setting processes, or set it to 1',
    );
  }
  logger.warn('gateway.processes.one', {
    cores: wanted,
    advice: 'Processes on this system cannot share a port: the gateway uses one core.',
  });
  return 1;
}

export function coreCount(): number {
  return availableParallelism();
}
