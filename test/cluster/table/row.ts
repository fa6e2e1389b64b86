// A line of the table: one kubectl command, what it must show, and by what the relay may differ.
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import type { Normaliser } from '../compare.ts';
import type { Transport } from '../transports.ts';

/** Stands for the lane's own namespace in arguments, input, environment and file names, and in what is compared. */
export const NAMESPACE = 'NAMESPACE';

/** Stands for a folder that nobody has used before. */
export const EMPTY_FOLDER = 'EMPTY_FOLDER';

export interface Expectation {
  /** 0 by default. */
  readonly exitCode?: number;
  /** Something that the output must hold, or the comparison would be of the wrong thing. */
  readonly shows: string;
}

/** Where the relay cannot be as direct: asserted as well, so that it is noticed when it changes. */
export interface KnownDifference {
  readonly on: (transport: Transport) => boolean;
  readonly reason: string;
  /** What the relayed run prints. */
  readonly shows: string;
  /** The direct run's own by default. */
  readonly exitCode?: number;
}

export interface Row extends Expectation {
  readonly args: readonly string[];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * bob may read pods and configmaps; alice, the default, may do everything; nobody has no good token. Directly they
   * are impersonated by the administrator, or have a certificate, for only so may they act as a third one.
   */
  readonly user?: 'alice' | 'bob' | 'nobody' | 'alice by certificate' | 'bob by certificate';
  /** What kubectl 1.20 shows, where that is something else. */
  readonly old?: Expectation;
  readonly normalise?: readonly Normaliser[];
  readonly known?: KnownDifference;
  /** What the administrator does in the lane's namespace before the command. */
  readonly before?: (admin: ApiserverClient, namespace: string) => Promise<void>;
  /** The same, once the command has printed something. */
  readonly meanwhile?: (admin: ApiserverClient, namespace: string) => Promise<void>;
}

/** `a b 'c d'` into words; single quotes hold a word together. @throws SyntaxError when one is left open */
export function words(line: string): readonly string[] {
  const found = line.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  if ((line.split("'").length - 1) % 2 !== 0) throw new SyntaxError(`an open quote in: ${line}`);
  return found.map((word) => word.replaceAll("'", ''));
}

export function row(line: string, shows: string, more: Partial<Row> = {}): Row {
  return { args: words(line), shows, ...more };
}

/** A command that kubectl itself, the apiserver or the gateway refuses. */
export function refused(line: string, shows: string, more: Partial<Row> = {}): Row {
  return row(line, shows, { exitCode: 1, ...more });
}

/** `kubectl get --raw` and its like take only the host of `server`: facts/kubernetes-wire.md §4. */
export const PATH_DROPPED: KnownDifference = {
  on: ({ route }) => route === 'path',
  reason: 'kubectl drops the path of `server` from a --raw request, so it never names the cluster',
  shows: '(gateway, request id ',
  exitCode: 1,
};

/** For `test.each`: the command line as it would be typed, and who types it where that is not alice. */
export function titled(rows: readonly Row[]): readonly (readonly [string, Row])[] {
  return rows.map((each) => {
    const user = each.user === undefined ? '' : ` as ${each.user}`;
    return [`kubectl ${each.args.join(' ')}${user}`, each];
  });
}
