// A deny list is read at start like every file that a setting names, so that a wrong one is named with all other problems.
import { parseDenyList } from '../../auth/index.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';

/** @param file absolute; undefined where none is set */
export function denyListProblems(file: string | undefined, at: (key: string) => string): string[] {
  if (file === undefined) return [];
  const read = readBoundedFile(file, FILE_LIMITS.denyList);
  if (!('text' in read)) return [`${at('denyListFile')} names ${file}, which ${describeFault(read)}`];
  const parsed = parseDenyList(read.text);
  return 'entries' in parsed
    ? []
    : parsed.problems.map((problem) => `${at('denyListFile')} names ${file}, which ${problem}`);
}
