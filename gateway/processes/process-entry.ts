// One gateway process of several: started by the supervisor, told everything over IPC, ended by its word or with it.
import { createLogger, errorCode } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { startGateway } from '../gateway.ts';
import type { RunningGateway } from '../gateway.ts';
import { isToProcess } from './messages.ts';
import type { FromProcess, StartMessage } from './messages.ts';
import { createSupervisorLink } from './supervisor-link.ts';

const EXIT_FAILURE = 1;

const link = createSupervisorLink(send);
let logger: Logger = createLogger({ level: 'error' });
let gateway: RunningGateway | undefined;

// A terminal's Ctrl-C and systemd's SIGTERM reach every process of a group; when to stop is the supervisor's to say.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
// The supervisor is gone, however that came: nobody would end this process any more.
process.once('disconnect', () => process.exit(EXIT_FAILURE));
process.on('uncaughtException', (error) => {
  logger.error('gateway.process.failed', { error });
  process.exit(EXIT_FAILURE);
});

process.on('message', (message: unknown) => {
  if (!isToProcess(message) || link.receive(message)) return;
  switch (message.kind) {
    case 'start':
      void start(message);
      return;
    case 'read-metrics':
      void tellMetrics();
      return;
    case 'drain':
      void end((running) => running.drain());
      return;
    case 'close':
      void end((running) => running.close());
      return;
    default:
      message satisfies { kind: 'peer' | 'peer-gone' | 'peer-tunnels' | 'claimed' };
  }
});

async function start(message: StartMessage): Promise<void> {
  const { config, limits, tunnelLimits, socketPath, secret, ticketKeys } = message;
  logger = createLogger({ level: config.logLevel }).child({ process: message.number });
  try {
    gateway = await startGateway(config, {
      logger,
      limits,
      tunnelLimits,
      membership: {
        sharesPort: true,
        socketPath,
        secret,
        ticketKeys: Buffer.from(ticketKeys, 'base64'),
        directory: link.directory,
        replays: link.replays,
      },
    });
    send({ kind: 'ready' });
    link.begin();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    send({ kind: 'failed', message: `${text} (${errorCode(error)})` }, () => process.exit(EXIT_FAILURE));
  }
}

async function tellMetrics(): Promise<void> {
  if (gateway === undefined) return;
  send({ kind: 'metrics', snapshot: await gateway.metrics.snapshot() });
}

async function end(how: (running: RunningGateway) => Promise<void>): Promise<void> {
  try {
    if (gateway !== undefined) await how(gateway);
    process.exit(0);
  } catch (error) {
    logger.error('gateway.process.failed', { error });
    process.exit(EXIT_FAILURE);
  }
}

function send(message: FromProcess, sent: () => void = () => undefined): void {
  // A channel that is just closing: `disconnect` follows.
  process.send?.(message, undefined, undefined, sent);
}
