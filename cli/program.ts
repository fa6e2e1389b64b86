// The command line as a whole. A subcommand's own file is loaded only when it is called: kubectl runs get-token for
// each of its calls, and must not wait for what only the gateway needs.
import { Command, CommanderError } from 'commander';
import { usageError } from './cli-error.ts';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-codes.ts';
import { packageVersion } from './package-version.ts';
import { describeError } from './report-error.ts';

interface Subcommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<(command: Command) => void>;
}

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'gateway',
    summary: 'run the relay that clients and agents connect to',
    load: async () => (await import('./commands/gateway.ts')).configureGateway,
  },
  {
    name: 'agent',
    summary: 'run the agent beside a cluster; it only dials out',
    load: async () => (await import('./commands/agent.ts')).configureAgent,
  },
  {
    name: 'cluster',
    summary: "add, list and remove clusters in the gateway's store",
    load: async () => (await import('./commands/cluster.ts')).configureCluster,
  },
  {
    name: 'get-credentials',
    summary: 'write a kubeconfig for a cluster behind the gateway',
    load: async () => (await import('./commands/get-credentials.ts')).configureGetCredentials,
  },
  {
    name: 'get-token',
    summary: 'print a Microsoft Entra token for kubectl (exec plugin)',
    load: async () => (await import('./commands/get-token.ts')).configureGetToken,
  },
  {
    name: 'troubleshoot',
    summary: 'say which hop from here to a cluster fails, and what to do',
    load: async () => (await import('./commands/troubleshoot.ts')).configureTroubleshoot,
  },
];

const HELP = `
Examples:
  cluster-connect gateway --config gateway.yaml
  cluster-connect cluster add factory-7 --config gateway.yaml
  cluster-connect agent --config agent.yaml
  cluster-connect get-credentials --gateway https://relay.example.com --cluster factory-7 ...
  kubectl get pods

${EXIT_CODES_HELP}`;

/** Runs the command line and gives the exit code; every error has been written to standard error by then. */
export async function runProgram(
  args: readonly string[],
  options: { readonly debug: boolean },
): Promise<number> {
  try {
    const program = await createProgram(args);
    await program.parseAsync(args, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const shown = error instanceof CommanderError ? fromCommander(error, args) : error;
    process.stderr.write(describeError(shown, options));
    return exitCodeOf(shown);
  }
}

async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('cluster-connect')
    .description('Reach a Kubernetes cluster that has no inbound port, as yourself.')
    .version(packageVersion(), '--version', 'print the version')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', HELP)
    .showSuggestionAfterError();
  quiet(program);
  for (const subcommand of SUBCOMMANDS) {
    const command = program
      .command(subcommand.name)
      .summary(subcommand.summary)
      .description(subcommand.summary);
    // `help get-token` as well as `get-token`: the name is one of the first words.
    if (args.slice(0, 3).includes(subcommand.name)) (await subcommand.load())(command);
    quiet(command);
  }
  program.helpCommand(true);
  return program;
}

// Commander's own error lines go nowhere: they come back as an exception, and leave in our one form.
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const child of command.commands) quiet(child);
}

function fromCommander(error: CommanderError, args: readonly string[]): Error {
  const called = SUBCOMMANDS.find(({ name }) => name === args[0])?.name;
  const help = ['cluster-connect', ...(called === undefined ? [] : [called]), '--help'].join(' ');
  // Commander shows the help when a group (`cluster`) is called without a subcommand; its message is then `(outputHelp)`.
  if (error.code === 'commander.help') return usageError('a subcommand is missing', `See: ${help}`);
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return usageError(message, `See: ${help}`, { cause: error });
}
