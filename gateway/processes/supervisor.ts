// Several gateway processes behind one port: started together, restarted one by one, drained together.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createAssertionMemory, createNonceMemory } from '../../auth/index.ts';
import { createLogger, startPrivateListener } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import type { TunnelLimits } from '../../tunnel/index.ts';
import type { GatewayConfig } from '../config.ts';
import { AUTHORITY_DIRECTORY, AUTHORITY_NAME, STORE_FILE } from '../gateway.ts';
import type { GatewayLimits } from '../limits.ts';
import { createPeerSecret } from '../peers/index.ts';
import { loadOrCreateAuthority } from '../pki/index.ts';
import { openStore } from '../store/index.ts';
import { createDirectoryHub } from './directory-hub.ts';
import { forkGatewayProcess } from './gateway-process.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { PROCESS_WAITS } from './limits.ts';
import type { ProcessWaits } from './limits.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { makeRunDirectory } from './run-directory.ts';
import { findSharedPort } from './shared-port.ts';

export interface RunningGatewayProcesses {
  readonly url: string;
  readonly port: number;
  readonly privateUrl: string;
  readonly authorityPem: string;
  /** Those that run now, by number. */
  readonly processes: readonly { readonly number: number; readonly pid: number }[];
  /** All of them announce the end, finish what runs up to the configured time, and close. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayProcessesOptions {
  readonly logger?: Logger;
  readonly limits?: Partial<GatewayLimits>;
  readonly tunnelLimits?: Partial<TunnelLimits>;
  readonly waits?: Partial<ProcessWaits>;
}

/** What node:tls wants. */
const TICKET_KEY_BYTES = 48;

/** @throws ConfigError, PkiError, StoreError, ProcessError, or the system's own error when an address cannot be had */
export async function startGatewayProcesses(
  config: GatewayConfig,
  count: number,
  options: GatewayProcessesOptions = {},
): Promise<RunningGatewayProcesses> {
  const logger = options.logger ?? createLogger({ level: config.logLevel });
  const waits = { ...PROCESS_WAITS, ...options.waits };
  const stopping = new AbortController();
  const current = new Map<number, GatewayProcess>();
  const hub = createDirectoryHub();
  const metrics = createProcessMetrics(hub, current, waits);
  const memories = { assertions: createAssertionMemory(), nonces: createNonceMemory() };
  const secret = createPeerSecret();
  const ticketKeys = randomBytes(TICKET_KEY_BYTES).toString('base64');

  // Made once, here: what several processes would else make at the same time.
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const authority = loadOrCreateAuthority(join(config.dataDir, AUTHORITY_DIRECTORY), AUTHORITY_NAME);
  await openStore(join(config.dataDir, STORE_FILE)).close();

  let isStarted = false;
  await using parts = new AsyncDisposableStack();
  const privateListener = await startPrivateListener(config.privateListen, {
    metrics,
    isReady: () =>
      isStarted && !stopping.signal.aborted && [...current.values()].some(({ isReady }) => isReady),
  });
  parts.defer(() => privateListener.close());
  const port = await findSharedPort(config.listen);
  const runDirectory = makeRunDirectory(config.dataDir);
  parts.defer(() => rmSync(runDirectory, { recursive: true, force: true }));

  function startProcess(number: number, generation: number): GatewayProcess {
    const id = `${number}-${generation}`;
    const socketPath = join(runDirectory, `${id}.sock`);
    const one = forkGatewayProcess({
      id,
      startTimeoutMs: waits.START_TIMEOUT_MS,
      start: {
        kind: 'start',
        number,
        config: { ...config, listen: { ...config.listen, port } },
        limits: options.limits ?? {},
        tunnelLimits: options.tunnelLimits ?? {},
        socketPath,
        secret,
        ticketKeys,
      },
      onMetrics: (snapshot) => metrics.received(one, snapshot),
      onMessage: (message) => {
        if (message.kind === 'tunnels') return hub.update(id, message.counts);
        const { memory, owner, tokenId, expiresAtMs, holder } = message;
        void Promise.resolve(memories[memory].claim(owner, tokenId, expiresAtMs, holder)).then((verdict) =>
          one.send({ kind: 'claimed', id: message.id, verdict }),
        );
      },
    });
    hub.attach({ address: { id, socketPath }, send: one.send });
    current.set(number, one);
    one.ready.then(
      () => {
        hub.introduce(id);
        logger.info('gateway.process.started', { process: number, pid: one.pid });
      },
      () => undefined,
    );
    return one;
  }

  /** Until the supervisor stops: one that dies comes back. */
  async function keep(first: GatewayProcess): Promise<void> {
    const { signal } = stopping;
    let pauseMs = waits.RESTART_MS;
    let one = first;
    for (let generation = 2; ; generation += 1) {
      const since = performance.now();
      const how = await one.exited;
      current.delete(one.number);
      hub.remove(one.id);
      await metrics.retire(one).catch((error: unknown) => logger.error('gateway.metrics.failed', { error }));
      if (signal.aborted) return;
      if (performance.now() - since >= waits.STEADY_MS) pauseMs = waits.RESTART_MS;
      const fields = { process: one.number, pid: one.pid, how, restartInMs: pauseMs };
      logger.error('gateway.process.ended', { code: 'CC_ERR_PROCESS_ENDED', ...fields });
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, waits.MAX_RESTART_MS);
      one = startProcess(one.number, generation);
      one.ready.catch((error: unknown) => logger.error('gateway.process.start_failed', { error }));
    }
  }

  const firsts = Array.from({ length: count }, (_, index) => startProcess(index + 1, 1));
  const kept = Promise.all(firsts.map(keep));

  /** @param timeoutMs after which what has not ended is killed */
  async function end(order: 'drain' | 'close', timeoutMs: number): Promise<void> {
    stopping.abort();
    for (const one of current.values()) one.send({ kind: order });
    const timer = setTimeout(() => {
      for (const one of current.values()) {
        logger.warn('gateway.process.killed', { process: one.number, pid: one.pid });
        one.kill();
      }
    }, timeoutMs);
    await kept;
    clearTimeout(timer);
  }
  parts.defer(() => end('close', waits.CLOSE_TIMEOUT_MS));

  const check = setInterval(() => {
    for (const one of metrics.check()) {
      logger.error('gateway.process.stuck', {
        code: 'CC_ERR_PROCESS_STUCK',
        process: one.number,
        pid: one.pid,
      });
      one.kill();
    }
  }, waits.CHECK_MS);
  check.unref();
  parts.defer(() => clearInterval(check));

  await Promise.all(firsts.map(({ ready }) => ready));
  isStarted = true;
  const host = isIP(config.listen.host) === 6 ? `[${config.listen.host}]` : config.listen.host;
  const url = `https://${host}:${port}`;
  logger.info('gateway.started', {
    url,
    privateUrl: privateListener.url,
    publicUrl: config.publicUrl,
    processes: count,
  });

  const started = parts.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= started.disposeAsync();
    return closing;
  };
  return {
    url,
    port,
    privateUrl: privateListener.url,
    authorityPem: authority.certificatePem,
    get processes() {
      return [...current.values()].map(({ number, pid }) => ({ number, pid }));
    },
    drain: async () => {
      await end('drain', config.drainTimeoutMs + waits.DRAIN_MARGIN_MS);
      await close();
    },
    close,
  };
}
