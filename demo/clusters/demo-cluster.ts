// What the demo needs of a cluster, wherever it comes from.

/**
 * What became of the tour's pod: it runs; or no node took it, so it is only an object; or its container does not
 * start, such as when its image cannot be pulled.
 */
export type PodState = 'running' | 'unscheduled' | 'waiting';

export interface DemoCluster {
  /** One line for a person: what it is, and what it is not. */
  readonly description: string;
  /** The namespace of the tour. */
  readonly namespace: string;
  readonly upstream: {
    /** An https origin. */
    readonly server: string;
    readonly caPem: string;
    /** File with the token of the agent's ServiceAccount. */
    readonly tokenFile: string;
  };
  readonly podState: PodState;
  /** Undoes whatever was made. */
  close(): Promise<void>;
}
