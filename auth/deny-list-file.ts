// The deny list in a file that is looked at again and again: an entry that is added holds without a restart, in each
// process that reads it.
import { readFileSync, statSync } from 'node:fs';
import { ConfigError, errorCode } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import { isDenied, parseDenyList } from './deny-list.ts';
import type { DenyEntries, DenyList } from './deny-list.ts';
import { DENY_LIST_POLL_MS, MAX_DENY_LIST_BYTES } from './limits.ts';

export interface WatchedDenyList extends DenyList {
  close(): void;
}

/**
 * What is added holds at once; what is taken out, when the file has not changed for another look: a file that is just being written
 * may be empty for a moment. One that cannot be read or understood later leaves the list as it was, and an error in the log.
 * A slip of the pen lets nobody in again.
 *
 * @throws ConfigError when it cannot be read or understood now
 */
export function watchDenyList(file: string, logger: Logger): WatchedDenyList {
  const listeners: (() => void)[] = [];
  let stamp = stampOf(file);
  const first = read(file);
  if ('problems' in first)
    throw new ConfigError(first.problems.map((problem) => `denyListFile ${file} ${problem}`));
  let entries: DenyEntries = first.entries;
  let shorter: DenyEntries | undefined;

  function replace(next: DenyEntries): void {
    entries = next;
    logger.info('deny_list.loaded', { file, entries: next.size });
    for (const listener of listeners) listener();
  }

  // A file system's own notices get lost where a file is a link that is switched, as in a mounted ConfigMap.
  const timer = setInterval(() => {
    const now = stampOf(file);
    if (now === stamp) {
      const settled = shorter;
      shorter = undefined;
      if (settled !== undefined) replace(settled);
      return;
    }
    stamp = now;
    shorter = undefined;
    const next = read(file);
    if ('problems' in next) {
      logger.error('deny_list.unusable', { file, problems: next.problems });
      return;
    }
    const all: DenyEntries = new Set([...entries, ...next.entries]);
    if (all.size > next.entries.size) shorter = next.entries;
    if (all.size > entries.size) replace(all);
  }, DENY_LIST_POLL_MS);
  timer.unref();

  return {
    denies: (token) => isDenied(entries, token),
    onChange: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

function read(file: string): ReturnType<typeof parseDenyList> {
  try {
    const { size } = statSync(file);
    if (size > MAX_DENY_LIST_BYTES) return { problems: [`is larger than ${MAX_DENY_LIST_BYTES} bytes`] };
    return parseDenyList(readFileSync(file, 'utf8'));
  } catch (error) {
    return { problems: [`cannot be read (${errorCode(error)})`] };
  }
}

/** Changes whenever the file does; a file that is gone has one too. */
function stampOf(file: string): string {
  try {
    const { ino, mtimeMs, size, ctimeMs } = statSync(file);
    return [ino, mtimeMs, ctimeMs, size].join(' ');
  } catch (error) {
    return errorCode(error);
  }
}
