// The sockets of the agent's process, and what they say: nothing listens, and its connections go outwards.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { runCommand } from '../world/index.ts';
import { LSOF_FIELDS, parseLsof } from './lsof.ts';
import { parseSocketTable, socketInode } from './proc-net.ts';
import type { OpenSocket } from './proc-net.ts';
import { shellCommand } from './text.ts';

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'] as const;

/** What a person could type to see the same. */
export function socketCommand(pid: number): string {
  return process.platform === 'linux'
    ? `ls -l /proc/${pid}/fd; cat /proc/${pid}/net/{tcp,tcp6,udp,udp6}`
    : shellCommand(['lsof', ...lsofArguments(pid)]);
}

export async function readSockets(
  pid: number,
  environment: Readonly<Record<string, string>>,
): Promise<readonly OpenSocket[]> {
  if (process.platform === 'linux') return readProc(pid);
  return parseLsof(
    await runCommand('lsof', [...lsofArguments(pid), '-F', LSOF_FIELDS], { title: 'lsof', environment }),
  );
}

function lsofArguments(pid: number): readonly string[] {
  return ['-nP', '-a', '-p', String(pid), '-i'];
}

async function readProc(pid: number): Promise<readonly OpenSocket[]> {
  const directory = `/proc/${pid}/fd`;
  const links = await Promise.all(
    // A descriptor can be closed between the two looks.
    (await readdir(directory)).map((name) => readlink(`${directory}/${name}`).catch(() => '')),
  );
  const inodes = new Set(links.map(socketInode).filter((inode) => inode !== undefined));
  const sockets = await Promise.all(
    TABLES.map(async (table) => {
      // A kernel without IPv6 has no tables for it.
      const text = await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '');
      return parseSocketTable(text, table.startsWith('tcp') ? 'tcp' : 'udp', inodes);
    }),
  );
  return sockets.flat();
}

/** Aligned lines; `names` says what is at an address such as `127.0.0.1:8443`. */
export function describeSockets(
  sockets: readonly OpenSocket[],
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const listening = sockets.filter(({ isListening }) => isListening);
  const outgoing = sockets.filter(({ isListening }) => !isListening);
  const first =
    listening.length === 0 ? ['none'] : listening.map(({ protocol, local }) => `${protocol} ${local}`);
  const second = outgoing.map(({ local, remote }) => {
    const name = names.get(remote);
    return `${local} -> ${remote}${name === undefined ? '' : `  ${name}`}`;
  });
  return [...labelled('listening', first), ...labelled('outgoing', second.length === 0 ? ['none'] : second)];
}

function labelled(label: string, values: readonly string[]): readonly string[] {
  return values.map((value, index) => `${(index === 0 ? label : '').padEnd(11)}${value}`);
}

/** @returns what is not as it should be: something listens, or no tunnel leads to the gateway */
export function socketDifferences(sockets: readonly OpenSocket[], gatewayAddress: string): readonly string[] {
  const found = sockets
    .filter(({ isListening }) => isListening)
    .map(({ protocol, local }) => `the agent listens on ${protocol} ${local}`);
  const isTunnel = ({ isListening, remote }: OpenSocket): boolean =>
    !isListening && remote === gatewayAddress;
  if (!sockets.some(isTunnel)) found.push('no connection leads to the gateway');
  return found;
}
