// One account's home with the real kubelogin in its kubeconfig, as get-credentials writes it: a kubectl that starts it, what
// it would print to kubectl, and a browser where somebody has to sign in.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { inject, vi } from 'vitest';
import { parse } from 'yaml';
import { createKubectl } from '../kubectl.ts';
import type { Kubectl } from '../kubectl.ts';
import { CLUSTER_NAME } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';

export interface KubeloginHome {
  readonly kubectl: Kubectl;
  /** Plays the person at the browser that kubelogin opens. Rejects when none is opened. */
  readonly browse: (user: string) => Promise<void>;
  /** The token that kubelogin gives to kubectl. */
  readonly token: () => Promise<string>;
}

export interface KubeloginSettings {
  /** get-credentials' own: `--login`, `--client-id`, `--pop`. */
  readonly args: readonly string[];
  /** Of kubectl, and so of kubelogin. */
  readonly environment?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../../../cli/main.ts');
const BROWSER_TIMEOUT_MS = 20_000;

/** A home of its own: kubelogin keeps its tokens there, and they must not be another account's. */
export async function createKubeloginHome(
  relay: Relay,
  name: string,
  { args, environment = {} }: KubeloginSettings,
): Promise<KubeloginHome> {
  const { entra } = relay;
  const home = join(relay.directory, 'kubelogin', name);
  const programs = join(home, 'bin');
  mkdirSync(programs, { recursive: true });
  const write = (file: string, text: string, mode = 0o600): string => {
    writeFileSync(join(home, file), text, { mode });
    return join(home, file);
  };
  const addressFile = join(home, 'address');
  // What opens a browser on Linux; this one only says where to.
  write(
    'bin/xdg-open',
    `#!/bin/sh\nprintf %s "$1" > '${addressFile}.new' && mv '${addressFile}.new' '${addressFile}'\n`,
    0o700,
  );
  const plugin = ['--exec', 'kubelogin', '--exec-command', inject('tools').kubelogin];
  const kubeconfig = await getCredentials(relay, home, [
    ...plugin,
    '--authority-host',
    entra.authorityHost,
    ...args,
  ]);
  const always = {
    HOME: home,
    PATH: [programs, process.env['PATH']].join(delimiter),
    // How a Go program is told of a CA; it has no flag for one.
    SSL_CERT_FILE: write('entra-ca.pem', entra.caPem),
    ...environment,
  };
  return {
    kubectl: createKubectl(inject('tools').kubectl, kubeconfig, always),
    async browse(user) {
      await vi.waitUntil(() => existsSync(addressFile), { timeout: BROWSER_TIMEOUT_MS });
      const address = readFileSync(addressFile, 'utf8');
      rmSync(addressFile);
      await entra.browserSignIn(address, user);
    },
    async token() {
      const { command, args: pluginArgs } = parse(readFileSync(kubeconfig, 'utf8')).users[0].user.exec;
      const { stdout } = await run(command, pluginArgs, { env: always });
      return String(JSON.parse(stdout).status.token);
    },
  };
}

/** What get-credentials writes for a person where no other way to sign in is said. @returns its file, alone in its folder */
export async function writeOwnKubeconfig(relay: Relay): Promise<string> {
  const home = join(relay.directory, 'kubelogin', 'own');
  mkdirSync(home, { recursive: true });
  return await getCredentials(relay, home, ['--client-id', relay.entra.directory.apps[0]?.clientId ?? '']);
}

async function getCredentials(
  { gateway, entra }: Relay,
  home: string,
  args: readonly string[],
): Promise<string> {
  const authority = join(home, 'gateway-ca.pem');
  writeFileSync(authority, gateway.authorityPem);
  const kubeconfig = join(home, 'kubeconfig');
  const options = {
    '--gateway': gateway.url,
    '--cluster': CLUSTER_NAME,
    '--ca': authority,
    '--kubeconfig': kubeconfig,
    '--tenant': entra.tenantId,
    '--server-id': entra.directory.api.clientId,
  };
  const command = [CLI, 'get-credentials', ...Object.entries(options).flat(), ...args];
  await run(process.execPath, command, { env: { HOME: home } });
  return kubeconfig;
}
