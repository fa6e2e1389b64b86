// `cluster-connect troubleshoot`: tries each hop from here to the cluster, and says which one fails and what to do.
import { isatty } from 'node:tty';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/parse-text.ts';
import { EXIT } from '../exit-codes.ts';
import { packageVersion } from '../package-version.ts';
import { chooseRoute } from '../troubleshoot/choose-route.ts';
import type { RouteOptions } from '../troubleshoot/choose-route.ts';
import { diagnose } from '../troubleshoot/diagnose.ts';
import { TROUBLESHOOT_LIMITS } from '../troubleshoot/limits.ts';
import { createReport } from '../troubleshoot/report.ts';
import { reportText } from '../troubleshoot/report-text.ts';
import { scrubReport } from '../troubleshoot/scrub-report.ts';
import { createScrubber } from '../troubleshoot/scrub.ts';
import { configureGetToken } from './get-token.ts';

const HELP = `
The hops, in order: kubeconfig, proxy, dns, tcp, tls, gateway, token, access, tunnel, agent, apiserver, rbac, exec.
The first that fails is the diagnosis; what lies behind it cannot be told, and is skipped. Nothing is changed anywhere.
The kubeconfig is found as kubectl finds it: --kubeconfig, else the files of KUBECONFIG, else ~/.kube/config; its exec
plugin is run as kubectl runs it. What is shown of a token is what it says, never its signature nor the token itself.

Examples:
  cluster-connect troubleshoot
  cluster-connect troubleshoot --context factory-7 --namespace shop
  cluster-connect troubleshoot --context factory-7 -o json > ticket.json
  cluster-connect troubleshoot --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem

Exit codes:
  0    every hop that was tried works
  1    a hop fails
  2    wrong usage`;

interface TroubleshootOptions extends RouteOptions {
  readonly output: 'text' | 'json';
  readonly pluginTimeout: number;
}

/** A sign-in that takes longer than an hour was forgotten. */
const MAX_PLUGIN_TIMEOUT_MS = 3_600_000;

export function configureTroubleshoot(command: Command): void {
  command
    .option('--kubeconfig <file>', 'as with kubectl')
    .option('--context <name>', 'as with kubectl; without it the current context')
    .option('-n, --namespace <name>', 'where to ask for your rights; else that of the context')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--plugin-timeout <duration>', 'how long an exec plugin may take')
        .argParser(parseTimeout)
        .default(TROUBLESHOOT_LIMITS.PLUGIN_TIMEOUT_MS, '3m'),
    )
    .option('--gateway <url>', 'without a kubeconfig: the address of the gateway')
    .option('--cluster <name>', 'without a kubeconfig: the cluster')
    .option('--ca <file>', "without a kubeconfig: PEM of the gateway's CA")
    .addOption(
      new Option('--route <route>', 'without a kubeconfig: as with get-credentials')
        .choices(['name', 'path', 'host'])
        .default('name'),
    )
    .option('--cluster-domain <domain>', "the gateway's clusterDomain", 'cluster-connect.internal')
    .option('--host-domain <domain>', "the gateway's hostDomain, for --route host");
  for (const option of getTokenOptions()) command.addOption(option);
  command.addHelpText('after', HELP).action(async (options: TroubleshootOptions, self: Command) => {
    const healthy = await troubleshoot(options, self);
    if (!healthy) process.exitCode = EXIT.failure;
  });
}

async function troubleshoot(options: TroubleshootOptions, command: Command): Promise<boolean> {
  const { env: environment } = process;
  const scrubber = createScrubber(environment);
  const startedAtMs = Date.now();
  const signInArguments = typedSignInArguments(command);
  scrubber.hideArguments(signInArguments);
  const diagnosis = await diagnose({
    findRoute: chooseRoute({ ...options, environment, signInArguments }),
    environment,
    isInteractive: isatty(0),
    scrubber,
    say: (line) => process.stderr.write(`${line}\n`),
    limits: { PLUGIN_TIMEOUT_MS: options.pluginTimeout },
  });
  const report = createReport(diagnosis, { startedAtMs, program: `cluster-connect ${packageVersion()}` });
  const clean = scrubReport(report, scrubber);
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(clean, null, 2)}\n`
      : reportText(clean, { colours: hasColours() }),
  );
  return clean.result !== 'failed';
}

/** Whatever get-token understands, for the way without a kubeconfig. */
function getTokenOptions(): readonly Option[] {
  const getToken = new Command();
  configureGetToken(getToken);
  return getToken.options;
}

/** Those that were typed, as get-token takes them. */
function typedSignInArguments(command: Command): string[] {
  return getTokenOptions().flatMap((option) => {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') return [];
    const value: unknown = command.getOptionValue(name);
    const flag = option.long ?? option.short ?? '';
    return typeof value === 'boolean' ? [flag] : [flag, String(value)];
  });
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 100 && ms <= MAX_PLUGIN_TIMEOUT_MS) return ms;
  throw new InvalidArgumentError('It must be a duration such as 30s or 5m, up to 1h.');
}

/** https://no-color.org: set and not empty, to whatever. */
function hasColours(): boolean {
  return isatty(1) && (process.env['NO_COLOR'] ?? '') === '';
}
