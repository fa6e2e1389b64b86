// `cluster-connect gateway` and `cluster-connect agent` with limits that no setting can change: tests have no hours.
// Called as: limited-service.ts gateway|agent <settings file> <limits as JSON>
import { parseAgentConfig } from '../../../cli/config/agent-settings.ts';
import { parseGatewayConfig } from '../../../cli/config/gateway-settings.ts';
import { serveUntilSignal } from '../../../cli/serve-until-signal.ts';
import { startGateway } from '../../../gateway/index.ts';
import { startAgent } from '../../../relay-agent/index.ts';
import { serviceLimitsSchema } from './service-limits.ts';

const [kind, file = '', limitsJson = ''] = process.argv.slice(2);
const limits = serviceLimitsSchema.parse(JSON.parse(limitsJson));
const sources = { file, environment: {}, flags: {}, workingDirectory: process.cwd() };

const service =
  kind === 'gateway'
    ? await startGateway(parseGatewayConfig(sources), {
        limits: limits.gateway,
        tunnelLimits: limits.tunnel,
      })
    : await startAgent(parseAgentConfig(sources), { waits: limits.agent, tunnelLimits: limits.tunnel });
await serveUntilSignal(service);
