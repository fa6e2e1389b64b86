// What a session needs of the thing that carries its messages. WebSocket in production, memory in tests.

export interface TransportListener {
  onMessage(message: Buffer): void;
  /** A message arrived that this protocol does not have (text), or too many WebSocket pings. */
  onViolation(kind: 'text' | 'pings', message: string): void;
  /** What `send` was given has left; called for each message. */
  onSent(): void;
  /** Once, whoever closed. */
  onClose(code: number, reason: string): void;
}

export interface Transport {
  /** Messages that came before this call are delivered after it. */
  listen(listener: TransportListener): void;
  /** Bytes that each message leaves free at its beginning, for the transport to write over. */
  readonly headroomBytes: number;
  /** @param message `headroomBytes` first; not to be changed until `onSent` */
  send(message: Buffer): void;
  /** Bytes given to `send` that have not left this process. */
  bufferedBytes(): number;
  /** Resets the count of WebSocket pings: a new heartbeat interval. */
  newInterval(): void;
  /** Starts the closing handshake; ends without the peer's help if it does not answer. */
  close(code: number, reason: string): void;
  /** Ends at once, without a handshake. */
  terminate(): void;
}
