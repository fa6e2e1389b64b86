// What a process and all that descends from it have used: CPU time and memory, as Linux tells it in /proc. Whatever the
// process is written in, and without its help.
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUsage {
  /** User and system together, of the processes that live, microseconds. */
  readonly cpuUs: number;
  /** Resident memory; what processes share is counted in each. */
  readonly rssBytes: number;
}

// proc(5): times in /proc/PID/stat are in USER_HZ, which is 100 on every architecture that Node runs on.
const TICK_US = 10_000;
/** Descendants of one process: more than any route of the bench has. */
const MAX_PROCESSES = 4096;

/** @returns undefined where there is no /proc, and for a process that has ended */
export function processUsage(pid: number): ProcessUsage | undefined {
  if (statFields(pid) === undefined) return undefined;
  let cpuUs = 0;
  let rssBytes = 0;
  for (const member of [pid, ...descendantsOf(pid)]) {
    cpuUs += cpuUsOf(member);
    rssBytes += rssBytesOf(member) ?? 0;
  }
  return { cpuUs, rssBytes };
}

/** All that descend from a process, without itself. */
export function descendantsOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of entriesOf('/proc')) {
    const child = Number(name);
    const parent = Number.isInteger(child) ? Number(statFields(child)?.[1]) : Number.NaN;
    if (Number.isInteger(parent)) children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found: number[] = [];
  const open = [pid];
  while (open.length > 0 && found.length < MAX_PROCESSES) {
    const next = children.get(open.shift() ?? 0) ?? [];
    found.push(...next);
    open.push(...next);
  }
  return found;
}

/** proc(5), /proc/PID/stat: the fields from the third on, `state`; the second may hold spaces and brackets. */
function statFields(pid: number): readonly string[] | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/**
 * Of the threads that live to the nanosecond (schedstat), or of all there ever were in steps of 10 ms (stat): neither is more
 * than was used, so the higher one is nearer.
 */
function cpuUsOf(pid: number): number {
  const fields = statFields(pid);
  // proc(5): fields 14 and 15, utime and stime.
  const ticks = fields === undefined ? 0 : Number(fields[11]) + Number(fields[12]);
  let threadsNs = 0;
  for (const thread of entriesOf(`/proc/${pid}/task`)) {
    threadsNs += Number(textOf(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0);
  }
  return Math.max(ticks * TICK_US, threadsNs / 1000);
}

function rssBytesOf(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** A process may end at any moment: then there is nothing to read. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
