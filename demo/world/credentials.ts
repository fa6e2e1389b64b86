// Everybody's way in: a context in one kubeconfig, written by the real get-credentials, and the sign-ins that it leads to.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PEOPLE } from '../cast.ts';
import type { Person } from '../cast.ts';
import { DemoError } from '../demo-error.ts';
import { runCli } from './run-cli.ts';
import { CLUSTER_NAME } from './settings-files.ts';
import type { Surroundings } from './settings-files.ts';

export interface Credentials {
  readonly kubeconfigFile: string;
  /** The credential plugin of a person, as the kubeconfig has it. */
  plugin(person: Person): ExecPlugin;
}

export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
}

export async function writeCredentials(
  surroundings: Surroundings,
  gateway: { readonly url: string; readonly caFile: string },
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Credentials> {
  const { directory, entra, entraCaFile, cast } = surroundings;
  const kubeconfigFile = join(directory, 'kubeconfig');
  const addContext = (person: Person): Promise<string> => {
    const signIn =
      person === 'pipeline'
        ? { '--login': 'spn', '--client-id': cast.pipeline.clientId }
        : { '--login': 'devicecode', '--client-id': cast.commandLineClientId };
    const options = {
      '--gateway': gateway.url,
      '--cluster': CLUSTER_NAME,
      '--ca': gateway.caFile,
      '--kubeconfig': kubeconfigFile,
      '--context': person,
      '--tenant': entra.tenantId,
      '--scope': entra.scope,
      '--authority-host': entra.authorityHost,
      '--authority-ca': entraCaFile,
      // They share a machine and an application: without this they would share a token too.
      '--token-cache-dir': join(directory, 'tokens', person),
      ...signIn,
    };
    const current = person === PEOPLE[0] ? [] : ['--keep-current-context'];
    // No PATH: an installed cluster-connect must not be taken for this one.
    return runCli(['get-credentials', ...Object.entries(options).flat(), ...current], {
      title: 'cluster-connect get-credentials',
      environment: { ...environment, PATH: '' },
      signal,
    });
  };
  await Promise.all(PEOPLE.map(addContext));
  const kubeconfig: unknown = parse(await readFile(kubeconfigFile, 'utf8'));
  return { kubeconfigFile, plugin: (person) => readPlugin(kubeconfig, person) };
}

/** @throws DemoError CC_ERR_DEMO_PART when the kubeconfig has none for this person */
function readPlugin(kubeconfig: unknown, person: Person): ExecPlugin {
  const users: unknown =
    typeof kubeconfig === 'object' && kubeconfig !== null && 'users' in kubeconfig ? kubeconfig.users : [];
  for (const entry of Array.isArray(users) ? users : []) {
    const found = execOf(entry, person);
    if (found !== undefined) return found;
  }
  throw new DemoError('CC_ERR_DEMO_PART', `get-credentials wrote no credential plugin for ${person}`);
}

function execOf(entry: unknown, name: string): ExecPlugin | undefined {
  if (typeof entry !== 'object' || entry === null || !('name' in entry) || entry.name !== name)
    return undefined;
  if (!('user' in entry) || typeof entry.user !== 'object' || entry.user === null) return undefined;
  const { user } = entry;
  if (!('exec' in user) || typeof user.exec !== 'object' || user.exec === null) return undefined;
  const { exec } = user;
  if (!('command' in exec) || typeof exec.command !== 'string') return undefined;
  const args: unknown = 'args' in exec ? exec.args : [];
  return { command: exec.command, args: Array.isArray(args) ? args.map(String) : [] };
}
