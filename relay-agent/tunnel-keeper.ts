// Keeps one tunnel up: dial, serve, and dial again when it ends. The supervisor of a link, apart from the link itself.
import type { KeyObject } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createAgentAssertion } from '../auth/index.ts';
import { errorCode } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import { dialTunnel, Session } from '../tunnel/index.ts';
import type { StreamHandler, TunnelError, TunnelLimits, TunnelStream } from '../tunnel/index.ts';
import { AgentError } from './agent-error.ts';
import { afterTunnel, delayMs, FRESH_BACKOFF } from './backoff.ts';
import type { BackoffState } from './backoff.ts';
import type { AgentConfig } from './config.ts';
import type { Registration } from './identity.ts';
import { AGENT_LIMITS } from './limits.ts';
import { connectThroughProxy } from './proxy-connect.ts';

/** Where the gateway is, and how to get there. */
export type TunnelKeeperConfig = Pick<AgentConfig, 'gatewayUrl' | 'gatewayCa' | 'proxyUrl'>;

export interface TunnelKeeperOptions {
  readonly config: TunnelKeeperConfig;
  readonly registration: Registration;
  readonly privateKey: KeyObject;
  readonly serve: (stream: TunnelStream, head: Buffer) => StreamHandler;
  readonly logger: Logger;
  readonly onChange: () => void;
  /** AGENT_LIMITS.BACKOFF_CAP_MS where it is not given. */
  readonly backoffCapMs?: number;
  readonly tunnelLimits: TunnelLimits;
}

export interface TunnelKeeper {
  /** Whether a tunnel is up and takes streams. */
  readonly isConnected: boolean;
  readonly reconnects: number;
  /** Takes no new stream, waits for the running ones up to `timeoutMs`, then ends. */
  drain(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How a tunnel came to its end, for the pause before the next. */
interface TunnelEnd {
  readonly aliveMs: number;
  readonly pacedMs: number;
  readonly orderly: boolean;
}

export function keepTunnel(options: TunnelKeeperOptions): TunnelKeeper {
  const { logger, backoffCapMs = AGENT_LIMITS.BACKOFF_CAP_MS } = options;
  const stop = new AbortController();
  const sessions = new Set<Session>();
  let current: Session | undefined;
  let reconnects = -1;
  let backoff: BackoffState = FRESH_BACKOFF;

  /** Resolves when the tunnel has ended, or when the gateway asked to dial another beside it. */
  async function runTunnel(): Promise<TunnelEnd> {
    const transport = await dial(options, stop.signal);
    // It may have come up in the very moment of the end: nobody would close it any more.
    if (stop.signal.aborted) transport.terminate();
    stop.signal.throwIfAborted();
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const end = (pacedMs: number, orderly: boolean): void => {
        resolve({ aliveMs: performance.now() - startedAt, pacedMs, orderly });
      };
      const session: Session = new Session(
        transport,
        {
          onReady: () => {
            reconnects += 1;
            current = session;
            logger.info('agent.tunnel.connected', { cluster: options.registration.clusterName });
            options.onChange();
          },
          onStream: options.serve,
          onFault: (error) => logger.error('agent.stream.failed', { error }),
          onGoAway: (pacedMs, reason) => {
            // The running streams go on; a new tunnel takes the new ones.
            logger.info('agent.tunnel.goaway', { reason, pacedMs });
            if (current === session) current = undefined;
            options.onChange();
            end(pacedMs, true);
          },
          onClose: (error: TunnelError | undefined) => {
            sessions.delete(session);
            if (current === session) current = undefined;
            logger[error === undefined ? 'info' : 'warn']('agent.tunnel.closed', {
              code: error === undefined ? 'NO_ERROR' : error.code,
              reason: error?.message,
            });
            options.onChange();
            end(0, error === undefined);
          },
        },
        { role: 'agent', limits: options.tunnelLimits },
      );
      sessions.add(session);
    });
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      let pacedMs = 0;
      try {
        const ended = await runTunnel();
        // An orderly end is no failure; but a gateway that only ever says goodbye is not dialled in a circle either.
        backoff =
          ended.orderly && ended.aliveMs >= AGENT_LIMITS.HEALTHY_AFTER_MS
            ? FRESH_BACKOFF
            : afterTunnel(backoff, ended.aliveMs);
        pacedMs = ended.pacedMs;
      } catch (error) {
        if (stop.signal.aborted) return;
        backoff = afterTunnel(backoff, 0);
        if (error instanceof DialRefused) pacedMs = error.pacedMs;
        logger.warn('agent.tunnel.dial_failed', { code: errorCode(error), error });
      }
      const pauseMs = delayMs(backoff, Math.random(), pacedMs, backoffCapMs);
      await wait(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    get isConnected() {
      return current?.isAccepting ?? false;
    },
    get reconnects() {
      return Math.max(0, reconnects);
    },
    drain: async (timeoutMs) => {
      stop.abort();
      current = undefined;
      for (const session of sessions) session.drain(0, 'the agent is stopping');
      const deadline = performance.now() + timeoutMs;
      while (sessions.size > 0 && performance.now() < deadline) await wait(DRAIN_POLL_MS);
      closeAll();
      await running;
    },
    close: async () => {
      stop.abort();
      closeAll();
      await running;
    },
  };

  function closeAll(): void {
    for (const session of sessions) session.close('the agent is stopping');
  }
}

const DRAIN_POLL_MS = 50;

class DialRefused extends AgentError {
  readonly pacedMs: number;

  constructor(status: number, pacedMs: number, body: string) {
    super('CC_ERR_AGENT_DIAL_REFUSED', `the gateway answered the tunnel with ${status}: ${firstLine(body)}`, {
      retryable: true,
    });
    this.pacedMs = pacedMs;
  }
}

async function dial(options: TunnelKeeperOptions, signal: AbortSignal) {
  const { config, registration, privateKey } = options;
  const assertion = await createAgentAssertion({
    privateKey,
    clusterId: registration.clusterId,
    audience: registration.gatewayUrl,
  });
  const url = new URL('/tunnel', config.gatewayUrl);
  url.protocol = 'wss:';
  const proxied =
    config.proxyUrl === undefined ? undefined : await proxySocket(config, config.proxyUrl, url, signal);
  const answer = await dialTunnel({
    url: url.href,
    headers: { authorization: `Bearer ${assertion}` },
    ...(config.gatewayCa === undefined ? {} : { ca: config.gatewayCa }),
    ...(proxied === undefined ? {} : { createConnection: () => proxied }),
    handshakeTimeoutMs: AGENT_LIMITS.DIAL_TIMEOUT_MS,
    signal,
    limits: options.tunnelLimits,
  });
  if ('status' in answer) throw new DialRefused(answer.status, answer.retryAfterSeconds * 1000, answer.body);
  return answer;
}

function proxySocket(config: TunnelKeeperConfig, proxyUrl: string, url: URL, signal: AbortSignal) {
  return connectThroughProxy({
    proxyUrl,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 443 : Number(url.port),
    ...(config.gatewayCa === undefined ? {} : { ca: config.gatewayCa }),
    timeoutMs: AGENT_LIMITS.DIAL_TIMEOUT_MS,
    signal,
  });
}

function firstLine(text: string): string {
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return (message ?? text.split('\n', 1)[0] ?? '').slice(0, 300);
}
