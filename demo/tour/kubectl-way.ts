// The tour by the real kubectl, which gets its tokens by the real credential plugin.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { approveSignIn, OWN_GROUP, signalGroup } from '../world/index.ts';
import type { World } from '../world/index.ts';
import type { Call } from './step.ts';
import { shellCommand } from './text.ts';
import type { Way } from './way.ts';

type TouredWorld = Pick<World, 'directory' | 'entra' | 'cast' | 'credentials'>;

export function createKubectlWay(
  file: string,
  world: TouredWorld,
  environment: Readonly<Record<string, string>>,
  /** Whether the person's own shell has a proxy, which must be told to leave 127.0.0.1 alone. */
  hasProxy: boolean,
): Way {
  const settings = {
    KUBECONFIG: world.credentials.kubeconfigFile,
    // Discovery is cached here, and not in the person's own home.
    KUBECACHEDIR: join(world.directory, 'kubectl-cache'),
    // For the pipeline: what it would have from its store of secrets.
    AZURE_CLIENT_SECRET: world.cast.pipeline.secret,
    ...(hasProxy ? { NO_PROXY: '127.0.0.1' } : {}),
  };
  const words = ({ person, kubectl }: Call): readonly string[] => ['--context', person, ...kubectl];
  return {
    name: 'kubectl',
    preparation: Object.entries(settings).map(
      ([name, value]) => `export ${shellCommand([`${name}=${value}`])}`,
    ),
    command: (call) => shellCommand(['kubectl', ...words(call)]),
    start: (call, onText) => {
      const child = spawn(file, words(call), {
        stdio: ['ignore', 'pipe', 'pipe'],
        // KUBERC: a person's own defaults and aliases would change what the commands mean.
        env: { ...environment, ...settings, KUBERC: 'off' },
        ...OWN_GROUP,
      });
      const approve = approveSignIn(world.entra, call.person);
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onText);
      child.stderr.on('data', approve);
      return {
        ended: new Promise((resolve) => {
          child.once('error', (error) => {
            onText(`${error.message}\n`);
            resolve(-1);
          });
          child.once('close', (code) => resolve(code ?? -1));
        }),
        interrupt: () => signalGroup(child, 'SIGINT'),
        kill: () => signalGroup(child, 'SIGKILL'),
      };
    },
  };
}
