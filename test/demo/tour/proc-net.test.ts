import { describe, expect, it } from 'vitest';
import { describeSockets, socketDifferences } from '../../../demo/tour/agent-sockets.ts';
import { parseLsof } from '../../../demo/tour/lsof.ts';
import { parseAddress, parseSocketTable, socketInode } from '../../../demo/tour/proc-net.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, remote: string, state: string, inode: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

const LISTENING = line('0100007F:20FB', '00000000:0000', '0A', 11);
const CONNECTED = line('0100007F:A2EE', '0100007F:968D', '01', 12);
const CLOSING = line('0100007F:A2EF', '0100007F:968D', '06', 13);
const FOREIGN = line('00000000:1F90', '00000000:0000', '0A', 99);
const MINE = new Set(['11', '12', '13', '14']);

describe('the socket tables of Linux', () => {
  it.each([
    ['0100007F:20FB', '127.0.0.1:8443'],
    ['00000000:0000', '0.0.0.0:0'],
    ['00000000000000000000000001000000:01BB', '[::1]:443'],
    ['B80D0120000000000000000001000000:0050', '[2001:db8::1]:80'],
    ['0000000000000000FFFF00000100007F:20FB', '127.0.0.1:8443'],
  ])('have the address %s for %s', (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it('tell what a process listens on and what it is connected to, and nothing of other processes', () => {
    expect(parseSocketTable(`${HEADER}${LISTENING}${CONNECTED}${CLOSING}${FOREIGN}`, 'tcp', MINE)).toEqual([
      { protocol: 'tcp', local: '127.0.0.1:8443', remote: '0.0.0.0:0', isListening: true },
      { protocol: 'tcp', local: '127.0.0.1:41710', remote: '127.0.0.1:38541', isListening: false },
    ]);
  });

  it('tell of a UDP socket without a peer, which takes from anybody', () => {
    const table = `${HEADER}${line('00000000:14E9', '00000000:0000', '07', 14)}`;
    expect(parseSocketTable(table, 'udp', MINE)).toMatchObject([
      { local: '0.0.0.0:5353', isListening: true },
    ]);
  });

  it('may be empty or cut off', () => {
    expect(parseSocketTable('', 'tcp', MINE)).toEqual([]);
    expect(parseSocketTable(`${HEADER}   0: 0100007F:20FB`, 'tcp', MINE)).toEqual([]);
  });

  it('name sockets by the inode that a descriptor links to', () => {
    expect(socketInode('socket:[12345]')).toBe('12345');
    expect(socketInode('pipe:[12345]')).toBeUndefined();
    expect(socketInode('/dev/null')).toBeUndefined();
  });
});

describe('lsof', () => {
  it('tells the same', () => {
    const text = [
      'p123',
      'f20',
      'PTCP',
      'n127.0.0.1:8443',
      'TST=LISTEN',
      'TQR=0',
      'f21',
      'PTCP',
      'n127.0.0.1:41710->127.0.0.1:38541',
      'TST=ESTABLISHED',
      'f22',
      'PTCP',
      'n127.0.0.1:41711->127.0.0.1:38541',
      'TST=CLOSE_WAIT',
      'f23',
      'PUDP',
      'n*:5353',
      '',
    ].join('\n');
    expect(parseLsof(text)).toEqual([
      { protocol: 'tcp', local: '127.0.0.1:8443', remote: '*:*', isListening: true },
      { protocol: 'tcp', local: '127.0.0.1:41710', remote: '127.0.0.1:38541', isListening: false },
      { protocol: 'udp', local: '*:5353', remote: '*:*', isListening: true },
    ]);
  });
});

describe('the sockets of the agent', () => {
  const tunnel = {
    protocol: 'tcp',
    local: '127.0.0.1:5',
    remote: '127.0.0.1:8443',
    isListening: false,
  } as const;
  const server = { protocol: 'tcp', local: '0.0.0.0:80', remote: '0.0.0.0:0', isListening: true } as const;

  it('are shown aligned, with names', () => {
    expect(describeSockets([tunnel], new Map([['127.0.0.1:8443', 'the gateway']]))).toEqual([
      'listening  none',
      'outgoing   127.0.0.1:5 -> 127.0.0.1:8443  the gateway',
    ]);
    expect(describeSockets([server], new Map())).toEqual(['listening  tcp 0.0.0.0:80', 'outgoing   none']);
  });

  it('are as they should be when a tunnel leads to the gateway and nothing listens', () => {
    expect(socketDifferences([tunnel], '127.0.0.1:8443')).toEqual([]);
    expect(socketDifferences([tunnel, server], '127.0.0.1:8443')).toEqual([
      'the agent listens on tcp 0.0.0.0:80',
    ]);
    expect(socketDifferences([], '127.0.0.1:8443')).toEqual(['no connection leads to the gateway']);
  });
});
