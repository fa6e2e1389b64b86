// Summaries of CPU profiles on disk: made from the profiles of a run, kept beside the results, read for the document.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { cpuProfileSchema, profileSummarySchema, summariseProfile } from './profile-summary.ts';
import type { ProfileSummary } from './profile-summary.ts';

/** In the folder of the results. */
const FOLDER = 'profiles';
const PROFILE_SUFFIX = '.cpuprofile';
const ROOT = new URL('../../', import.meta.url).href;

/**
 * @param profileDir what --prof-dir was: SCENARIO/CASE.PROCESS.cpuprofile
 * @returns the files written
 * @throws Error when there is no profile, or one cannot be read
 */
export async function writeProfileSummaries(
  profileDir: string,
  resultsDir: string,
): Promise<readonly string[]> {
  const files = (await readdir(profileDir, { recursive: true })).filter(
    (file) => file.endsWith(PROFILE_SUFFIX) && file.split(sep).length === 2,
  );
  if (files.length === 0) {
    throw new Error(`${profileDir} has no SCENARIO/CASE.PROCESS${PROFILE_SUFFIX}: make some with --prof-dir`);
  }
  await mkdir(join(resultsDir, FOLDER), { recursive: true });
  const written: string[] = [];
  for (const file of files.toSorted()) {
    const scenario = basename(dirname(file));
    const [caseName = '', process = ''] = basename(file, PROFILE_SUFFIX).split('.');
    const profile = await readJson(join(profileDir, file), (value) => cpuProfileSchema.parse(value));
    const summary = summariseProfile(profile, { scenario, case: caseName, process }, ROOT);
    const target = join(resultsDir, FOLDER, `${scenario}.${caseName}.${process}.json`);
    await writeFile(target, `${JSON.stringify(summary, null, 2)}\n`);
    written.push(target);
  }
  return written;
}

/** In the order of their names; none where none were kept. @throws Error that names the file that is no summary */
export async function readProfileSummaries(resultsDir: string): Promise<readonly ProfileSummary[]> {
  const folder = join(resultsDir, FOLDER);
  const names = await readdir(folder).catch((): string[] => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => readJson(join(folder, name), (value) => profileSummarySchema.parse(value))),
  );
}

async function readJson<T>(file: string, parse: (value: unknown) => T): Promise<T> {
  try {
    return parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} is not what its name says`, { cause: error });
  }
}
