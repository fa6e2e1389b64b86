// `cluster-connect gateway`: the relay, until a signal.
import type { Command } from 'commander';
import { gatewaySchema } from '../config/gateway-schema.ts';
import { parseGatewayConfig } from '../config/gateway-settings.ts';
import { settingKeys } from '../config/setting-keys.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { serveUntilSignal } from '../serve-until-signal.ts';
import { createServiceLogger } from './service-logger.ts';
import { addSettingFlags, settingsSources } from './setting-flags.ts';

const HELP = `
Each setting comes from its flag, else from its environment variable (CLUSTER_CONNECT_PUBLIC_URL for --public-url),
else from the file, else from its default. Access rules: in the file, or as YAML in CLUSTER_CONNECT_ACCESS.
All settings: docs/configuration.md.

Examples:
  cluster-connect gateway --config gateway.yaml
  cluster-connect gateway --config gateway.yaml --check-config
  cluster-connect gateway --config gateway.yaml --listen 0.0.0.0:443 --log-level debug

SIGTERM or SIGINT: no new requests, running ones may end within the drain timeout. A second signal ends at once.

${EXIT_CODES_HELP}`;

export function configureGateway(command: Command): void {
  const keys = settingKeys(gatewaySchema);
  addSettingFlags(command, keys)
    .addHelpText('after', HELP)
    .action(async (options: { checkConfig?: boolean }) => {
      const config = parseGatewayConfig(settingsSources(command, keys));
      if (options.checkConfig === true) {
        const accounts = config.serviceAccounts?.length ?? 0;
        process.stdout.write(
          `The settings are good. Access rules: ${config.access.length}. Rules for ServiceAccounts: ${accounts}.\n`,
        );
        return;
      }
      const logger = createServiceLogger(config.logLevel);
      if (config.access.length === 0)
        logger.warn('gateway.access.empty', { advice: 'Nobody can reach any cluster.' });
      const { startGatewayService } = await import('../../gateway/index.ts');
      await serveUntilSignal(await startGatewayService(config, { logger }));
    });
}
