// Sockets as Linux tells of them: /proc/<pid>/net/{tcp,tcp6,udp,udp6}, and which are a process's own. Pure.

export interface OpenSocket {
  readonly protocol: 'tcp' | 'udp';
  /** `127.0.0.1:8443`, `[::1]:8443`. */
  readonly local: string;
  readonly remote: string;
  /** Takes what comes from anywhere: a listening TCP socket, or a UDP socket without a peer. */
  readonly isListening: boolean;
}

// include/net/tcp_states.h of the kernel.
const TCP_LISTEN = '0A';
const TCP_ESTABLISHED = '01';

/** The inode in what /proc/<pid>/fd/<n> links to (`socket:[12345]`); undefined for anything else. */
export function socketInode(link: string): string | undefined {
  return /^socket:\[(\d+)\]$/.exec(link)?.[1];
}

/** proc(5): the lines of a table whose inode is in `inodes`; connections that are ending are left out. */
export function parseSocketTable(
  table: string,
  protocol: 'tcp' | 'udp',
  inodes: ReadonlySet<string>,
): readonly OpenSocket[] {
  const sockets: OpenSocket[] = [];
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, remote, state, , , , , , inode] = fields;
    if (local === undefined || remote === undefined || inode === undefined || !inodes.has(inode)) continue;
    const isConnected = state === TCP_ESTABLISHED;
    const isListening = protocol === 'tcp' ? state === TCP_LISTEN : !isConnected;
    if (!isListening && !isConnected) continue;
    sockets.push({ protocol, local: parseAddress(local), remote: parseAddress(remote), isListening });
  }
  return sockets;
}

/** `0100007F:20FB` is 127.0.0.1:8443: words of 32 bits in the machine's (little-endian) order, the port in hex. */
export function parseAddress(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const bytes = [...address.matchAll(/.{8}/g)].flatMap(([word]) =>
    [...Buffer.from(word, 'hex')].toReversed(),
  );
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.join('.')}:${number}`;
  if (bytes.length !== 16) return `?:${number}`;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return `${bytes.slice(12).join('.')}:${number}`;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // URL writes the short form of an IPv6 address.
  return `${new URL(`http://[${groups.join(':')}]`).hostname}:${number}`;
}
