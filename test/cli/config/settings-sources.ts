// Settings for tests: a file on disk, and the layers above it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingsSources } from '../../../cli/config/collect-settings.ts';
import { ConfigError } from '../../../observe/index.ts';

export const TENANT = '11111111-2222-3333-4444-555555555555';

export function sourcesOf(
  directory: string,
  parts: {
    readonly yaml?: string;
    readonly environment?: Record<string, string>;
    readonly flags?: Record<string, string>;
  },
): SettingsSources {
  const file = join(directory, 'settings.yaml');
  if (parts.yaml !== undefined) writeFileSync(file, parts.yaml);
  return {
    ...(parts.yaml === undefined ? {} : { file }),
    environment: parts.environment ?? {},
    flags: parts.flags ?? {},
    workingDirectory: directory,
  };
}

/** The problems that `parse` finds, with the directory cut out. */
export function problemsOf(parse: (sources: SettingsSources) => unknown, sources: SettingsSources): string[] {
  try {
    parse(sources);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => problem.replaceAll(`${sources.workingDirectory}/`, ''));
  }
  return [];
}
