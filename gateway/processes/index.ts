export { startGatewayService } from './gateway-service.ts';
export type { GatewayService } from './gateway-service.ts';
export type { ProcessWaits } from './limits.ts';
export { startGatewayProcesses } from './supervisor.ts';
export type { GatewayProcessesOptions, RunningGatewayProcesses } from './supervisor.ts';
