// `cluster-connect agent`: the agent beside a cluster, until a signal.
import type { Command } from 'commander';
import { agentSchema } from '../config/agent-schema.ts';
import { parseAgentConfig } from '../config/agent-settings.ts';
import { settingKeys } from '../config/setting-keys.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { serveUntilSignal } from '../serve-until-signal.ts';
import { createServiceLogger } from './service-logger.ts';
import { addSettingFlags, settingsSources } from './setting-flags.ts';

const HELP = `
Each setting comes from its flag, else from its environment variable (CLUSTER_CONNECT_GATEWAY_URL for --gateway-url),
else from the file, else from its default. In a pod the apiserver and the ServiceAccount are found by themselves.
The join token is never a flag: put it into CLUSTER_CONNECT_JOIN_TOKEN or into a file (--join-token-file).
All settings: docs/configuration.md.

Examples:
  CLUSTER_CONNECT_JOIN_TOKEN=ccjt_... cluster-connect agent --config agent.yaml
  cluster-connect agent --config agent.yaml --check-config

SIGTERM or SIGINT: no new streams, running ones may end within the drain timeout. A second signal ends at once.

${EXIT_CODES_HELP}`;

export function configureAgent(command: Command): void {
  const keys = settingKeys(agentSchema);
  addSettingFlags(command, keys)
    .addHelpText('after', HELP)
    .action(async (options: { checkConfig?: boolean }) => {
      const config = parseAgentConfig(settingsSources(command, keys));
      if (options.checkConfig === true) {
        process.stdout.write('The settings are good.\n');
        return;
      }
      const logger = createServiceLogger(config.logLevel);
      const { startAgent } = await import('../../relay-agent/index.ts');
      await serveUntilSignal(await startAgent(config, { logger }));
    });
}
