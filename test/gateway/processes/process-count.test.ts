import { describe, expect, it } from 'vitest';
import { processCount } from '../../../gateway/processes/process-count.ts';
import { memoryLog } from '../../support/memory-log.ts';

describe('the number of processes', () => {
  it.each([
    ['auto', 1, 1],
    ['auto', 4, 4],
    ['auto', 500, 64],
    [1, 8, 1],
    [3, 1, 3],
  ] as const)('asked for as %s with %i cores is %i', async (asked, cores, count) => {
    const { logger } = memoryLog();
    expect(await processCount(asked, logger, { cores, canSharePort: async () => true })).toBe(count);
  });

  it('is one with a warning where a port cannot be shared', async () => {
    const log = memoryLog();
    expect(await processCount('auto', log.logger, { cores: 4, canSharePort: async () => false })).toBe(1);
    expect(log.events()).toEqual(['gateway.processes.one']);
  });

  it('is refused where a port cannot be shared and several were asked for', async () => {
    const { logger } = memoryLog();
    const counted = processCount(2, logger, { cores: 4, canSharePort: async () => false });
    await expect(counted).rejects.toMatchObject({ code: 'CC_ERR_PROCESS_PORT_SHARING' });
  });

  it('does not ask a system that it does not need', async () => {
    const { logger } = memoryLog();
    const canSharePort = async (): Promise<boolean> => {
      throw new Error('asked');
    };
    expect(await processCount(1, logger, { cores: 4, canSharePort })).toBe(1);
    expect(await processCount('auto', logger, { cores: 1, canSharePort })).toBe(1);
  });
});
