// The shape of the templates for Azure Pipelines: what a pipeline would trip over before any script of theirs runs.
// That the scripts do what they should is seen in test/cluster/azure-pipelines.test.ts.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { configureGetCredentials } from '../../cli/commands/get-credentials.ts';
import { expandTemplate, readTemplate } from '../cluster/azure-pipelines/template.ts';
import type { Job, Template } from '../cluster/azure-pipelines/template.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/azure-pipelines');
const FILES = readdirSync(FOLDER).toSorted();
const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** Each parameter without a default, and a step to prepare the agent. */
function valuesFor({ parameters }: Template): Record<string, unknown> {
  const required = parameters
    .filter((parameter) => !('default' in parameter))
    .map(({ name }) => [name, `the-${name}`]);
  return { ...Object.fromEntries(required), prepare: [{ bash: 'true' }] };
}

function expanded(file: string): Job {
  const template = readTemplate(join(FOLDER, file));
  return expandTemplate(template, valuesFor(template));
}

function scriptsOf(file: string): string[] {
  return expanded(file).steps.flatMap((step) => {
    if ('bash' in step && step.bash !== 'true') return [step.bash];
    return 'task' in step && typeof step.inputs['inlineScript'] === 'string'
      ? [step.inputs['inlineScript']]
      : [];
  });
}

it('are those that docs/azure-pipelines.md leads through', () => {
  expect(FILES).toEqual([
    'kubeconfig-connection.yml',
    'service-account-connection.yml',
    'workload-identity.yml',
  ]);
  const guide = readFileSync(join(FOLDER, '../../docs/azure-pipelines.md'), 'utf8');
  for (const file of FILES) expect(guide).toContain(`deploy/azure-pipelines/${file}`);
});

it('workload-identity.yml says outright who signs in: no variable of the agent can be meant', () => {
  const [script = ''] = scriptsOf('workload-identity.yml');
  for (const flag of [
    '--login azurepipelines',
    '--tenant "$AZURESUBSCRIPTION_TENANT_ID"',
    '--client-id "$AZURESUBSCRIPTION_CLIENT_ID"',
    '--azure-pipelines-service-connection-id "$AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"',
    '--disable-environment-override',
  ]) {
    expect(script).toContain(flag);
  }
});

describe.each(FILES)('%s', (file) => {
  const template = readTemplate(join(FOLDER, file));

  it('says why it is there, and what each parameter is', () => {
    const lines = textOf(file).split('\n');
    expect(lines[0]).toMatch(/^# A job that deploys/);
    for (const { name } of template.parameters) {
      const index = lines.indexOf(`  - name: ${name}`);
      const explained = lines[index - 1]?.startsWith('  # ') === true;
      // These are what Azure Pipelines and kubectl call them.
      expect([name, explained || ['namespace', 'rolloutTimeout', 'job', 'pool'].includes(name)]).toEqual([
        name,
        true,
      ]);
    }
  });

  it('uses every parameter, and puts none into the text of a script', () => {
    for (const { name } of template.parameters) {
      expect(textOf(file)).toContain(`\${{ parameters.${name} }}`);
    }
    const marked = Object.fromEntries(
      template.parameters
        .filter(({ type }) => type === 'string')
        .map(({ name }) => [name, name === 'job' ? 'deploy' : 'MARK;touch x']),
    );
    const job = expandTemplate(template, marked);
    for (const step of job.steps) {
      const script = 'bash' in step ? step.bash : 'task' in step ? String(step.inputs['inlineScript']) : '';
      expect(script).not.toContain('MARK');
    }
  });

  it('takes the steps that prepare the agent, right after the checkout', () => {
    expect(expanded(file).steps.slice(0, 2)).toEqual([{ checkout: 'self' }, { bash: 'true' }]);
    expect(expandTemplate(template, { ...valuesFor(template), prepare: [] }).steps[1]).not.toHaveProperty(
      'bash',
      'true',
    );
  });

  it('refuses a pipeline that leaves a parameter out, adds one, or gives it another type', () => {
    expect(() => expandTemplate(template, {})).toThrow(/a value for the parameter \w+ is missing/);
    expect(() => expandTemplate(template, { ...valuesFor(template), token: 'x' })).toThrow(
      'no parameter token',
    );
    expect(() => expandTemplate(template, { ...valuesFor(template), namespace: [] })).toThrow('is no string');
  });

  it('has scripts that bash can read, that stop at the first error and at a variable that is not set', () => {
    for (const script of scriptsOf(file)) {
      expect(script.split('\n')[0]).toBe('set -euo pipefail');
      execFileSync('bash', ['-n'], { input: script });
    }
  });

  it('takes a parameter that is empty for a variable that is not set', () => {
    const steps = JSON.stringify(template.jobs);
    for (const { name, default: value } of template.parameters) {
      if (value !== '') continue;
      const variable =
        new RegExp(`"([A-Z_]+)":"\\$\\{\\{ parameters\\.${name} \\}\\}"`).exec(steps)?.[1] ?? '';
      const scripts = scriptsOf(file).join('\n');
      const isSafe = scripts.includes(`\${${variable}:-}`);
      expect([name, variable !== '', isSafe]).toEqual([name, true, true]);
    }
  });

  it('calls get-credentials with flags that there are', () => {
    const command = new Command();
    configureGetCredentials(command);
    const known = command.options.map(({ long }) => long);
    const calls = scriptsOf(file).flatMap(
      (script) => script.match(/cluster-connect get-credentials(.*\\\n)*.*/g) ?? [],
    );
    for (const flag of calls.join(' ').match(/--[a-z-]+/g) ?? []) expect(known).toContain(flag);
    expect(calls).toHaveLength(file === 'workload-identity.yml' ? 1 : 0);
  });

  it('holds no secret, and names one variable that is one: the job’s own token, for a step that runs kubectl', () => {
    const macros = textOf(file).match(/\$\([^)]*\)/g) ?? [];
    const isOfJob = file !== 'service-account-connection.yml';
    const ids = ['$(AZURESUBSCRIPTION_TENANT_ID)', '$(AZURESUBSCRIPTION_CLIENT_ID)'];
    expect(macros).toEqual([
      ...(isOfJob ? ['$(System.AccessToken)'] : []),
      ...(file === 'kubeconfig-connection.yml' ? ids : []),
    ]);
    const mapped = expanded(file).steps.filter(
      (step) => 'env' in step && step.env?.['SYSTEM_ACCESSTOKEN'] !== undefined,
    );
    expect(mapped).toHaveLength(isOfJob ? 1 : 0);
    for (const step of mapped) expect(JSON.stringify(step)).toContain('kubectl apply');
  });

  it('names the service connection of its identity in a task: only then is a token of it issued', () => {
    if (template.parameters.every(({ name }) => name !== 'azureServiceConnection')) return;
    const tasks = expanded(file).steps.flatMap((step) => ('task' in step ? [step] : []));
    const naming = tasks.filter(({ inputs }) => inputs['azureSubscription'] === 'the-azureServiceConnection');
    expect(naming.map(({ task }) => task)).toEqual(['AzureCLI@2']);
  });
});
