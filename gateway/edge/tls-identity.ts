// A certificate chain with its key, as TLS shows it.

export interface TlsIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What the edge shows: which one is chosen by the server name that a client asks for. */
export interface EdgeIdentities {
  /** For every server name that is not a cluster's. */
  readonly own: TlsIdentity;
  /** For the server names of clusters. */
  readonly clusters: TlsIdentity;
}
