// What each kind of cluster is started with.
import type { Cast } from '../cast.ts';

export interface ClusterOptions {
  /** The demo's own directory, for files of the cluster. */
  readonly directory: string;
  readonly cast: Cast;
  readonly signal: AbortSignal;
  /** Tells a person what takes a while. */
  readonly report: (line: string) => void;
}
