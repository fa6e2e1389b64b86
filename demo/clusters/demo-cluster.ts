// What the demo needs of a cluster, wherever it comes from.

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
  /** Whether the pod of the tour runs; without a kubelet it is only an object. */
  readonly runsPods: boolean;
  /** Undoes whatever was made. */
  close(): Promise<void>;
}
