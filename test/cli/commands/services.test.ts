// The gateway as a process: it starts from a file, says where it is, and drains on a signal.
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.ts';
import { nodeFloorWarning } from '../../../cli/node-floor.ts';
import { resultOf, runCommand, startCommand, temporaryDirectory } from '../run-command.ts';

function gatewayFile(): { cwd: string; args: string[] } {
  const cwd = temporaryDirectory();
  writeFileSync(
    join(cwd, 'gateway.yaml'),
    'publicUrl: https://relay.example.com\nlisten: 127.0.0.1:0\nprivateListen: 127.0.0.1:0\ndataDir: data\nentra:\n  tenants: [11111111-2222-3333-4444-555555555555]\n  audiences: [api]\n',
  );
  return { cwd, args: ['gateway', '--config', 'gateway.yaml'] };
}

interface LogLine {
  readonly event: string;
  readonly privateUrl?: string;
}

/** Starts the gateway and waits until it says where it is. */
async function startedGateway() {
  const { cwd, args } = gatewayFile();
  const child = startCommand(args, { cwd });
  const lines: LogLine[] = [];
  const started = Promise.withResolvers<LogLine>();
  child.stderr?.on('data', (bytes: Buffer) => {
    for (const line of bytes.toString().split('\n').filter(Boolean)) {
      const entry: LogLine = JSON.parse(line);
      lines.push(entry);
      if (entry.event === 'gateway.started') started.resolve(entry);
    }
  });
  const result = resultOf(child);
  const first = await started.promise;
  return { child, lines, result, privateUrl: first.privateUrl ?? '' };
}

describe('cluster-connect gateway', () => {
  it('checks its settings and stops, when asked', async () => {
    const { cwd, args } = gatewayFile();
    const good = await runCommand([...args, '--check-config'], { cwd });
    expect(good).toEqual({
      code: 0,
      stdout: 'The settings are good. Access rules: 0. Rules for ServiceAccounts: 0.\n',
      stderr: '',
    });
    const bad = await runCommand([...args, '--check-config', '--listen', 'x'], { cwd });
    expect(bad).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'cluster-connect: the settings have 1 problem. Mend each and start again:\n  - --listen: listen must be an address and a port, such as 0.0.0.0:8443 or [::1]:8443\n',
    });
  });

  it('serves, names an old Node once, and ends with 0 on SIGTERM', async () => {
    const gateway = await startedGateway();
    const status = await new Promise((resolve, reject) => {
      get(`${gateway.privateUrl}/healthz`, (answer) => resolve(answer.resume().statusCode)).once(
        'error',
        reject,
      );
    });
    expect(status).toBe(200);
    const warnings = gateway.lines.filter(({ event }) => event === 'runtime.node.old');
    expect(warnings).toHaveLength(nodeFloorWarning(process.version) === undefined ? 0 : 1);
    gateway.child.kill('SIGTERM');
    expect((await gateway.result).code).toBe(EXIT.ok);
  });
});
