export { ClusterConnectError, ConfigError, errorCode } from './coded-error.ts';
export type { ConfigErrorCode } from './coded-error.ts';
export { createLogger, silentLogger } from './logger.ts';
export type { Logger, LoggerOptions, LogFields, LogLevel } from './logger.ts';
export { redactFields, redactText } from './redact.ts';
export { createMetrics } from './metrics.ts';
export type { Metrics } from './metrics.ts';
export { startPrivateListener } from './private-listener.ts';
export type { PrivateListener, PrivateListenerOptions } from './private-listener.ts';
