// A gateway's Session and an agent's, joined in memory, with records of what each was told.
import { Session } from '../../tunnel/index.ts';
import type {
  SessionHandler,
  StreamHandler,
  Transport,
  TunnelError,
  TunnelLimits,
  TunnelStream,
} from '../../tunnel/index.ts';
import { memoryTransports } from './memory-transport.ts';
import type { MemoryTransport } from './memory-transport.ts';

export interface EndLog {
  ready: number;
  faults: unknown[];
  goAways: { delayMs: number; reason: string }[];
  /** One entry for each call of onClose. */
  closes: (TunnelError | undefined)[];
}

export interface SessionPair {
  readonly gateway: Session;
  readonly agent: Session;
  readonly gatewayLog: EndLog;
  readonly agentLog: EndLog;
  readonly gatewayEnd: MemoryTransport;
  readonly agentEnd: MemoryTransport;
}

export interface PairOptions {
  readonly onStream?: SessionHandler['onStream'];
  readonly gatewayLimits?: Partial<TunnelLimits>;
  readonly agentLimits?: Partial<TunnelLimits>;
  /** Puts faults between a session and its end of the pair. */
  readonly wrapGateway?: (end: Transport) => Transport;
  readonly wrapAgent?: (end: Transport) => Transport;
}

export function sessionPair(options: PairOptions = {}): SessionPair {
  const [gatewayEnd, agentEnd] = memoryTransports();
  const gatewayLog = emptyLog();
  const agentLog = emptyLog();
  const gateway = new Session(options.wrapGateway?.(gatewayEnd) ?? gatewayEnd, recording(gatewayLog), {
    role: 'gateway',
    limits: options.gatewayLimits ?? {},
  });
  const onStream = options.onStream ?? answerWithEcho;
  const agent = new Session(
    options.wrapAgent?.(agentEnd) ?? agentEnd,
    { ...recording(agentLog), onStream },
    {
      role: 'agent',
      limits: options.agentLimits ?? {},
    },
  );
  return { gateway, agent, gatewayLog, agentLog, gatewayEnd, agentEnd };
}

/** The agent's default: sends back what it gets. */
export function answerWithEcho(stream: TunnelStream, head: Buffer): StreamHandler {
  stream.sendHead(head);
  let owed = 0;
  return {
    onData: (chunk) => {
      if (stream.write(Buffer.from(chunk))) stream.consume(chunk.byteLength);
      else owed += chunk.byteLength;
    },
    onDrain: () => {
      const bytes = owed;
      owed = 0;
      stream.consume(bytes);
    },
    onEnd: () => stream.end(),
    onReset: () => undefined,
  };
}

/** What one stream's owner was told. */
export class StreamLog implements StreamHandler {
  stream: TunnelStream | undefined = undefined;
  readonly heads: string[] = [];
  readonly chunks: Buffer[] = [];
  readonly resets: string[] = [];
  ends = 0;
  drains = 0;
  bytes = 0;
  private readonly consumes: boolean;

  /** Consumes at once unless told not to: a reader that stalls. */
  constructor(options: { consumes?: boolean } = {}) {
    this.consumes = options.consumes ?? true;
  }

  onHead(head: Buffer): void {
    this.heads.push(head.toString('latin1'));
  }

  onData(chunk: Buffer): void {
    this.bytes += chunk.byteLength;
    this.chunks.push(Buffer.from(chunk));
    if (this.consumes) this.stream?.consume(chunk.byteLength);
  }

  onEnd(): void {
    this.ends += 1;
  }

  onReset(code: string): void {
    this.resets.push(code);
  }

  onDrain(): void {
    this.drains += 1;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }
}

/** Opens a stream whose events go into `log`. */
export function openLogged(session: Session, log: StreamLog = new StreamLog(), head = 'head'): StreamLog {
  log.stream = session.open(Buffer.from(head), log);
  return log;
}

export function emptyLog(): EndLog {
  return { ready: 0, faults: [], goAways: [], closes: [] };
}

export function recording(log: EndLog): SessionHandler {
  return {
    onReady: () => {
      log.ready += 1;
    },
    onFault: (error) => log.faults.push(error),
    onGoAway: (delayMs, reason) => log.goAways.push({ delayMs, reason }),
    onClose: (error) => log.closes.push(error),
  };
}
