// The logger of a service, and what it says first: a Node that lacks security fixes is named once.
import { createLogger } from '../../observe/index.ts';
import type { LogLevel, Logger } from '../../observe/index.ts';
import { nodeFloorWarning } from '../node-floor.ts';

export function createServiceLogger(level: LogLevel): Logger {
  const logger = createLogger({ level });
  const advice = nodeFloorWarning(process.version);
  if (advice !== undefined) logger.warn('runtime.node.old', { advice });
  return logger;
}
