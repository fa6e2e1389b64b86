// The processes of one peer: started one after the other, ended in the opposite order, never left behind.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { quoteLog, startLoggedProcess } from '../../demo/control-plane/index.ts';
import type { LoggedProcess } from '../../demo/control-plane/index.ts';
import { startLink } from '../link/index.ts';
import { LOOPBACK } from './address.ts';
import type { RouteInfo, RouteProcess, RunningRoute } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

const LISTEN_TIMEOUT_MS = 10_000;
const LISTEN_POLL_MS = 20;

export class PeerProcesses implements AsyncDisposable {
  private readonly context: RouteContext;
  private readonly resources = new AsyncDisposableStack();
  private readonly started: LoggedProcess[] = [];
  private readonly processes: RouteProcess[] = [];

  constructor(context: RouteContext) {
    this.context = context;
  }

  /** @throws Error when the binary cannot be started at all */
  async start(name: string, file: string, args: readonly string[]): Promise<LoggedProcess> {
    const { directory, guard } = this.context;
    const started = await startLoggedProcess(file, args, join(directory, `${name}.log`));
    // Its whole process group: nginx has workers.
    guard.watch(-started.pid);
    this.resources.defer(() => started.stop());
    this.started.push(started);
    this.processes.push({ name, pid: started.pid });
    return started;
  }

  /** As `start`, and waits until it listens. @throws Error with the end of its log when it does not */
  async startServer(
    name: string,
    file: string,
    args: readonly string[],
    port: number,
  ): Promise<LoggedProcess> {
    const server = await this.start(name, file, args);
    const deadline = Date.now() + LISTEN_TIMEOUT_MS;
    while (!(await isListening(port))) {
      if (!server.isRunning() || Date.now() > deadline)
        throw new Error(`${name} does not listen: ${await quoteLog(server)}`);
      await delay(LISTEN_POLL_MS);
    }
    return server;
  }

  /** @returns the port that stands for a tunnel's server: its own, or that of the long way to it */
  async throughLink(port: number): Promise<number> {
    const { link } = this.context;
    return link === undefined ? port : this.resources.use(await startLink(port, link)).port;
  }

  /** Done before the processes end that were started earlier, and after those that are started later. */
  beforeEarlier(undo: () => Promise<void> | void): void {
    this.resources.defer(undo);
  }

  /** Whoever has the route ends the processes. */
  asRoute(info: RouteInfo, version: string, address: RunningRoute['address']): StartedRoute {
    const { processes, started } = this;
    const kept = this.resources.move();
    return {
      route: { info, version, processes, address, [Symbol.asyncDispose]: () => kept.disposeAsync() },
      watched: started,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.resources.disposeAsync();
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
