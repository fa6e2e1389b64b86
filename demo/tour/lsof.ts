// Sockets as lsof tells of them, where there is no /proc. Pure.
import type { OpenSocket } from './proc-net.ts';

export const LSOF_FIELDS = 'PnT';

/**
 * The output of `lsof -nP -a -p PID -i -F PnT`: fields one a line, `f` begins a file, `P` is its protocol, `n` its
 * name (`local->remote` when connected), `TST=` the state of TCP.
 */
export function parseLsof(text: string): readonly OpenSocket[] {
  return text
    .split(/^f.*\n/m)
    .slice(1)
    .flatMap((record) => {
      const name = /^n(.+)$/m.exec(record)?.[1];
      const protocol = /^P(TCP|UDP)$/m.exec(record)?.[1];
      if (name === undefined || protocol === undefined) return [];
      const [local = '', remote] = name.split('->');
      const state = /^TST=(.+)$/m.exec(record)?.[1];
      const isListening = protocol === 'TCP' ? state === 'LISTEN' : remote === undefined;
      if (!isListening && protocol === 'TCP' && state !== 'ESTABLISHED') return [];
      return [
        {
          protocol: protocol === 'TCP' ? 'tcp' : 'udp',
          local,
          remote: remote ?? '*:*',
          isListening,
        } as const,
      ];
    });
}
