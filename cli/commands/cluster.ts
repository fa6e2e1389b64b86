// `cluster-connect cluster ...`: works on the gateway's own store, on the gateway's machine, beside a running gateway.
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { isClusterName } from '../../http/index.ts';
import { parseDuration } from '../config/parse-text.ts';
import { gatewaySchema } from '../config/gateway-schema.ts';
import { parseGatewayConfig } from '../config/gateway-settings.ts';
import { settingKeys } from '../config/setting-keys.ts';
import { CliError } from '../cli-error.ts';
import type { ClusterStore, GatewayConfig } from '../../gateway/index.ts';
import { errorCode } from '../../observe/index.ts';
import { clustersText, joinText, json } from '../cluster-output.ts';
import { settingsSources } from './setting-flags.ts';

const HELP = `
Run these on the gateway's machine, with its settings file: they work on its store, whether it runs or not.

Examples:
  cluster-connect cluster add factory-7 --config gateway.yaml
  cluster-connect cluster add factory-7 --config gateway.yaml --ttl 15m -o json
  cluster-connect cluster join-token factory-7 --config gateway.yaml     (the first one was lost, or too old)
  cluster-connect cluster list --config gateway.yaml`;

interface OutputOptions {
  readonly output: 'text' | 'json';
}

export function configureCluster(command: Command): void {
  command.addHelpText('after', HELP);
  withTtl(child(command, 'add <name>', 'add a cluster and print a join token for its agent')).action(
    async (name: string, options: OutputOptions & { ttl: number }, self: Command) => {
      await withStore(self, async (store, config) => {
        await explained(name, () => store.addCluster(name));
        await printJoin(name, options, store, config);
      });
    },
  );
  withTtl(child(command, 'join-token <name>', 'print a new join token for a cluster')).action(
    async (name: string, options: OutputOptions & { ttl: number }, self: Command) => {
      await withStore(self, (store, config) => printJoin(name, options, store, config));
    },
  );
  child(command, 'list', 'list the clusters').action(async (options: OutputOptions, self: Command) => {
    await withStore(self, async (store) => {
      const clusters = await store.listClusters();
      process.stdout.write(options.output === 'json' ? json({ clusters }) : clustersText(clusters));
    });
  });
  child(command, 'remove <name>', 'forget a cluster: its agent can no longer connect').action(
    async (name: string, options: OutputOptions, self: Command) => {
      await withStore(self, async (store) => {
        if (!(await store.removeCluster(name))) throw unknownCluster(name);
        process.stdout.write(
          options.output === 'json' ? json({ removed: name }) : `Cluster ${name} is removed.\n`,
        );
      });
    },
  );
}

function child(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('-c, --config <file>', "the gateway's settings file; also CLUSTER_CONNECT_CONFIG")
    .option('-o, --output <format>', 'text or json', parseOutput, 'text');
}

function withTtl(command: Command): Command {
  return command.addOption(
    new Option('--ttl <duration>', 'how long the join token lasts')
      .argParser(parseTtl)
      .default(DEFAULT_TTL_MS, '1h'),
  );
}

const DEFAULT_TTL_MS = 3_600_000;
/** The store's own bound, told before anything is written. */
const MAX_TTL_MS = 7 * 86_400_000;

function parseTtl(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000 && ms <= MAX_TTL_MS) return ms;
  throw new InvalidArgumentError('It must be a duration such as 15m or 1h, from 1s to 7d.');
}

function parseOutput(text: string): string {
  if (text === 'text' || text === 'json') return text;
  throw new InvalidArgumentError('It must be text or json.');
}

async function withStore(
  command: Command,
  work: (store: ClusterStore, config: GatewayConfig) => Promise<void>,
): Promise<void> {
  const config = parseGatewayConfig(settingsSources(command, settingKeys(gatewaySchema)));
  // Loaded late: it brings the whole gateway, which --help can do without.
  const { openGatewayStore } = await import('../gateway-files.ts');
  const store = openGatewayStore(config.dataDir);
  try {
    await work(store, config);
  } finally {
    await store.close();
  }
}

async function printJoin(
  name: string,
  options: OutputOptions & { ttl: number },
  store: ClusterStore,
  config: GatewayConfig,
): Promise<void> {
  const joinToken = await explained(name, () => store.issueJoinToken(name, options.ttl));
  const cluster = await store.getClusterByName(name);
  if (cluster === undefined) throw unknownCluster(name);
  const { gatewayCertificateFile } = await import('../gateway-files.ts');
  const join = {
    clusterName: name,
    clusterId: cluster.id,
    joinToken,
    expiresAt: new Date(Date.now() + options.ttl).toISOString(),
    gatewayUrl: config.publicUrl,
    gatewayCaFile: gatewayCertificateFile(config.dataDir),
  };
  process.stdout.write(options.output === 'json' ? json(join) : joinText(join, config));
}

// The store says what is wrong; here, what to do about it.
async function explained<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!isClusterName(name)) {
    throw new CliError(
      'CC_ERR_CLI_USAGE',
      'the name is not one that a cluster can have',
      'Use a-z, 0-9 and -, at most 63 characters, no - at either end',
    );
  }
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'CC_ERR_STORE_CLUSTER_UNKNOWN') throw unknownCluster(name);
    if (code !== 'CC_ERR_STORE_CLUSTER_EXISTS') throw error;
    throw new CliError(
      'CC_ERR_CLI_CLUSTER_EXISTS',
      `there is a cluster ${name} already`,
      `For another join token: cluster-connect cluster join-token ${name}`,
      { cause: error },
    );
  }
}

function unknownCluster(name: string): CliError {
  return new CliError(
    'CC_ERR_CLI_CLUSTER_UNKNOWN',
    `there is no cluster ${JSON.stringify(name.slice(0, 63))}`,
    'See: cluster-connect cluster list',
  );
}
