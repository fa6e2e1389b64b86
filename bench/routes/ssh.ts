// OpenSSH: an sshd with a configuration and keys of this run alone, and `ssh -R` to it. What most people would take first.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { LOOPBACK, portForEach } from './address.ts';
import { PeerProcesses } from './peer-processes.ts';
import { programOnPath, toldVersion } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

/** In the client's known hosts: its port is another one when a link stands in between. */
const HOST_ALIAS = 'bench';
/** sshd(8): root's sshd wants it, whoever starts it has to make it. */
const PRIVILEGE_SEPARATION_DIRECTORY = '/run/sshd';
const KEY_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

export async function startSsh(context: RouteContext): Promise<StartedRoute> {
  const { world, directory, search } = context;
  const { http1Port, http2Port } = world.apiserver;
  const sshd = await programOnPath('sshd', search);
  const ssh = await programOnPath('ssh', search);
  const keygen = await programOnPath('ssh-keygen', search);
  const version = await toldVersion(ssh, ['-V'], /OpenSSH_(\S+)/, search.environment);
  const [hostKey, userKey] = [join(directory, 'host-key'), join(directory, 'user-key')];
  for (const file of [hostKey, userKey])
    await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', HOST_ALIAS, '-f', file], {
      timeout: KEY_TIMEOUT_MS,
    });
  const knownHosts = join(directory, 'known-hosts');
  writeFileSync(knownHosts, `${HOST_ALIAS} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
  const [port = 0, http1 = 0, http2 = 0] = await findFreePorts(3);
  const config = join(directory, 'sshd_config');
  writeFileSync(config, renderConfig(port, hostKey, `${userKey}.pub`));

  await using processes = new PeerProcesses(context);
  if (userInfo().uid === 0) processes.beforeEarlier(await ensureDirectory(PRIVILEGE_SEPARATION_DIRECTORY));
  // -D: stays in the foreground; -e: says on stderr what is wrong.
  await processes.startServer('sshd', sshd, ['-D', '-e', '-f', config], port);
  const dialled = await processes.throughLink(port);
  const options = {
    BatchMode: 'yes',
    ExitOnForwardFailure: 'yes',
    HostKeyAlias: HOST_ALIAS,
    IdentitiesOnly: 'yes',
    IdentityFile: userKey,
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHosts,
  };
  const remote = (from: number, to: number): string => `${LOOPBACK}:${from}:${LOOPBACK}:${to}`;
  const args = [
    // -N -T: no command, no terminal.
    ['-F', 'none', '-N', '-T', '-p', String(dialled)],
    Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ['-R', remote(http1, http1Port), '-R', remote(http2, http2Port)],
    [`${userInfo().username}@${LOOPBACK}`],
  ];
  await processes.start('ssh', ssh, args.flat());
  return processes.asRoute(ROUTE_INFO.ssh, `OpenSSH ${version}`, portForEach(world, http1, http2));
}

/** PAM for others than root: an sshd that cannot read the shadow file takes accounts without a password for locked ones. */
function renderConfig(port: number, hostKey: string, authorizedKeys: string): string {
  return `ListenAddress ${LOOPBACK}:${port}
HostKey ${hostKey}
AuthorizedKeysFile ${authorizedKeys}
PidFile none
# The folder of the run lies in one that everybody may write to.
StrictModes no
UsePAM ${userInfo().uid === 0 ? 'no' : 'yes'}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers ${userInfo().username}
AllowTcpForwarding remote
X11Forwarding no
PrintMotd no
LogLevel INFO
`;
}

/** @returns what removes it again if it was not there */
async function ensureDirectory(directory: string): Promise<() => Promise<void>> {
  const made = await mkdir(directory, { recursive: true, mode: 0o755 });
  // Another sshd may have come to need it.
  return async () => void (made !== undefined && (await rmdir(directory).catch(() => undefined)));
}
