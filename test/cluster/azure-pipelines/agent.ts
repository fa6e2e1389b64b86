// An agent of Azure Pipelines for one job: variables, temporary folder, logging commands, and the few tasks that our
// templates use. What the tasks do for kubectl is done here; what they do for themselves (az login) is not.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfigOf } from './connections.ts';
import type { ServiceConnection } from './connections.ts';
import type { Job, Step } from './template.ts';

export interface PipelinesAgent {
  /** A folder of this job alone. */
  readonly directory: string;
  /** What `checkout: self` would bring. */
  readonly sources: string;
  readonly connections: Readonly<Record<string, ServiceConnection>>;
  /** Predefined variables of the job: each step has them in its environment, under names of that form. */
  readonly variables: Readonly<Record<string, string>>;
  /** Those that no step has unless its `env` says so. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Of the machine. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface JobResult {
  readonly succeeded: boolean;
  /** Of all steps: standard output and standard error. */
  readonly log: string;
  /** Files that the job left on the agent with a signed token in them. */
  readonly leftTokens: readonly string[];
}

interface Run {
  readonly agent: PipelinesAgent;
  readonly temp: string;
  readonly variables: Map<string, string>;
  readonly paths: string[];
  log: string;
}

type StepEnvironment = Readonly<Record<string, string>>;
type Inputs = Readonly<Record<string, string | boolean>>;

const STEP_TIMEOUT_MS = 60_000;
/** A JSON Web Token that is signed: two parts of JSON. An encrypted one, as kubelogin's cache is, has only one. */
export const SIGNED_TOKEN = /eyJ[\w-]+\.eyJ[\w-]+\./;
const LOGGING_COMMAND = /^##vso\[([\w.]+)(?: ([^\]]*))?\](.*)$/;

export async function runJob(job: Job, agent: PipelinesAgent): Promise<JobResult> {
  const temp = join(agent.directory, 'temp');
  mkdirSync(temp, { recursive: true });
  const variables = new Map(Object.entries({ ...agent.variables, 'Agent.TempDirectory': temp }));
  const run: Run = { agent, temp, variables, paths: [], log: '' };
  let succeeded = true;
  for (const step of job.steps) {
    if (!succeeded && !('condition' in step && step.condition === 'always()')) continue;
    succeeded = (await runStep(run, step)) && succeeded;
  }
  // As after each job.
  rmSync(temp, { recursive: true });
  return { succeeded, log: run.log, leftTokens: filesWithTokens(agent.directory) };
}

async function runStep(run: Run, step: Step): Promise<boolean> {
  if ('checkout' in step) return true;
  const environment = Object.fromEntries(
    Object.entries(step.env ?? {}).map(([name, value]) => [name, withMacros(run, value)]),
  );
  if ('bash' in step) return runBash(run, step.bash, environment);
  const inputs = Object.fromEntries(
    Object.entries(step.inputs).map(([name, value]) => [
      name,
      typeof value === 'string' ? withMacros(run, value) : value,
    ]),
  );
  if (step.task === 'AzureCLI@2') return azureCli(run, inputs, environment);
  if (step.task === 'Kubernetes@1') return kubernetes(run, inputs);
  throw new Error(`the task ${step.task} is not played here`);
}

/** azureclitask.ts: variables for the script, which bash runs from a file. */
async function azureCli(run: Run, inputs: Inputs, environment: StepEnvironment): Promise<boolean> {
  const connection = connectionOf(run, inputs['azureSubscription']);
  if (connection.kind !== 'azure') throw new Error('AzureCLI@2 wants an Azure Resource Manager connection');
  const { scriptType, scriptLocation, inlineScript } = inputs;
  if (scriptType !== 'bash' || scriptLocation !== 'inlineScript' || typeof inlineScript !== 'string') {
    throw new Error('AzureCLI@2 is played with an inline script of bash only');
  }
  return runBash(run, inlineScript, {
    ...environment,
    AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: connection.id,
    AZURESUBSCRIPTION_CLIENT_ID: connection.clientId,
    AZURESUBSCRIPTION_TENANT_ID: connection.tenantId,
  });
}

/** kuberneteslogin.ts and kuberneteslogout.ts: the connection's kubeconfig in a file, and KUBECONFIG for later steps. */
function kubernetes(run: Run, inputs: Inputs): boolean {
  if (inputs['connectionType'] !== 'Kubernetes Service Connection') {
    throw new Error('Kubernetes@1 is played with a Kubernetes service connection only');
  }
  const connection = connectionOf(run, inputs['kubernetesServiceEndpoint']);
  if (connection.kind === 'azure') throw new Error('Kubernetes@1 wants a Kubernetes service connection');
  const folder = join(run.temp, 'kubectlTask', '1');
  const file = join(folder, 'config');
  if (inputs['command'] === 'login') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, kubeconfigOf(connection));
    run.variables.set('KUBECONFIG', file);
    return true;
  }
  if (inputs['command'] !== 'logout') throw new Error('Kubernetes@1 is played with login and logout only');
  run.variables.set('KUBECONFIG', '');
  rmSync(file, { force: true });
  return true;
}

async function runBash(run: Run, script: string, environment: StepEnvironment): Promise<boolean> {
  const { agent, temp } = run;
  const file = join(temp, 'step.sh');
  writeFileSync(file, withMacros(run, script));
  const { failed, output } = await new Promise<{ failed: boolean; output: string }>((resolve) => {
    execFile(
      'bash',
      ['--noprofile', '--norc', file],
      { cwd: agent.sources, timeout: STEP_TIMEOUT_MS, env: environmentOf(run, environment) },
      (error, stdout, stderr) => resolve({ failed: error !== null, output: `${stdout}${stderr}` }),
    );
  });
  for (const line of output.split('\n')) obey(run, line);
  run.log += output;
  return !failed;
}

function environmentOf(run: Run, own: StepEnvironment): Record<string, string> {
  const variables = [...run.variables].map(([name, value]) => [
    name.toUpperCase().replaceAll('.', '_'),
    value,
  ]);
  const path = [...run.paths, run.agent.environment['PATH']].join(':');
  const all: Record<string, string> = {
    ...run.agent.environment,
    ...Object.fromEntries(variables),
    PATH: path,
    ...own,
  };
  // Not every machine's environment can hold an empty variable: none does here.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** `$(name)`; what no variable has for a name stays as it is, for bash. */
function withMacros({ agent, variables }: Run, text: string): string {
  const known = new Map(
    [...variables, ...Object.entries(agent.secrets)].map(([name, value]) => [name.toLowerCase(), value]),
  );
  return text.replaceAll(/\$\(([\w.]+)\)/g, (whole, name: string) => known.get(name.toLowerCase()) ?? whole);
}

function obey(run: Run, line: string): void {
  const [, command, properties = '', message = ''] = LOGGING_COMMAND.exec(line) ?? [];
  if (command === undefined) return;
  if (command === 'task.prependpath') {
    run.paths.unshift(message);
    return;
  }
  const name = /(?:^|;)variable=([^;]+)/.exec(properties)?.[1];
  if (command !== 'task.setvariable' || name === undefined) throw new Error(`not played here: ${line}`);
  run.variables.set(name, message);
}

function connectionOf({ agent }: Run, name: string | boolean | undefined): ServiceConnection {
  const connection = agent.connections[String(name)];
  if (connection !== undefined) return connection;
  throw new Error(`the pipeline has no service connection ${String(name)}`);
}

function filesWithTokens(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => SIGNED_TOKEN.test(readFileSync(file, 'utf8')));
}
