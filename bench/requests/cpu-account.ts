// Who used how much CPU between two moments: every process of a measurement, by name.
import { processUsage } from '../measure/index.ts';

export interface AccountedProcess {
  readonly name: string;
  readonly pid: number;
}

/** @returns what tells microseconds since now, by name; a process that /proc does not know is left out */
export function beginCpuAccount(
  processes: readonly AccountedProcess[],
): () => Readonly<Record<string, number>> {
  const atStart = processes.map(({ pid }) => processUsage(pid)?.cpuUs);
  return () => {
    const used: Record<string, number> = {};
    processes.forEach(({ name, pid }, index) => {
      const before = atStart[index];
      const after = processUsage(pid)?.cpuUs;
      if (before !== undefined && after !== undefined) used[name] = (used[name] ?? 0) + after - before;
    });
    return used;
  };
}
