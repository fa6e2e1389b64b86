import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import { AZURE_NAMES } from '../../../cli/token/azure-variables.ts';
import { askForCode, signInWithDeviceCode } from '../../../cli/token/modes/device-code.ts';
import { clients } from '../commands/sign-in-world.ts';
import { temporaryDirectory } from '../run-command.ts';

describe('the wait for a device code', () => {
  it.each([86_400, 3_000_000, 0, -1])(
    'is short between two questions, though the server says %d s',
    async (pollIntervalSeconds) => {
      const entra = await startEntraStandIn({ pollIntervalSeconds });
      onTestFinished(() => entra.close());
      const cache = join(temporaryDirectory(), 'cache');
      mkdirSync(cache);
      let code = '';
      const pauses: number[] = [];
      const startTimer = setTimeout;
      vi.spyOn(globalThis, 'setTimeout').mockImplementation((work, ms = 0, ...rest) => {
        // MSAL's pauses, without the wait; the others are left as they are.
        if (!isMsal(new Error().stack)) return startTimer(work, ms, ...rest);
        pauses.push(ms);
        entra.approveDeviceCode(code, 'alice');
        return startTimer(work, 0, ...rest);
      });
      onTestFinished(() => void vi.restoreAllMocks());
      const token = await signInWithDeviceCode({
        authorityHost: entra.authorityHost,
        authorityCa: entra.caPem,
        tenant: entra.tenantId,
        clientId: clients(entra).person.clientId,
        scope: entra.scope,
        environment: {},
        variableNames: AZURE_NAMES,
        accountFile: join(cache, 'account.json'),
        prompt: (line) => ([, code = ''] = /enter the code (\w+)$/.exec(line) ?? []),
      });
      expect(token.token).toMatch(/^eyJ/);
      expect(pauses).toHaveLength(1);
      expect(pauses[0]).toBeGreaterThanOrEqual(1_000);
      expect(pauses[0]).toBeLessThanOrEqual(20_000);
    },
  );

  it('ends, whatever becomes of the questions', async () => {
    const client = { acquireTokenByDeviceCode: async () => new Promise<null>(() => undefined) };
    await expect(askForCode(client, { scope: 's', prompt: () => undefined }, 1)).rejects.toMatchObject({
      code: 'CC_ERR_CLI_SIGN_IN_FAILED',
      message: 'the code was not entered in time',
    });
  });
});

function isMsal(stack = ''): boolean {
  return stack.includes('@azure/msal');
}
