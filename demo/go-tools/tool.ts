// What a binary is that is built with Go: where its source is, at which version, and how it is built.

/** Tools of one go.mod, built from the same modules and cached in one folder. */
export interface ToolSet {
  /** Each set wants different versions of the same modules, so each has a go.mod of its own. */
  readonly name: string;
  readonly version: string;
  /** Of its go.mod, go.sum and, where it is ours, its source. */
  readonly directory: string;
  /** Needs at least this Go. */
  readonly goVersion: string;
}

/** What makes an executable on the PATH as good as a built one. */
export interface UsableOnPath {
  readonly executable: string;
  /** Makes it print its version. */
  readonly versionArguments: readonly string[];
  /** Its first group is the number that decides. */
  readonly versionPattern: RegExp;
  readonly accepts: (version: number) => boolean;
}

export interface Tool {
  readonly set: ToolSet;
  readonly executable: string;
  readonly package: string;
  readonly linkerFlags: string;
  /** Build tags, with commas in between. */
  readonly tags?: string;
  /** Absent where only the version built here will do. */
  readonly usableOnPath?: UsableOnPath;
}

/** Neither symbols nor debug information: half the size. */
export const STRIP = '-s -w';

/** Strips, and sets string variables of packages: how Go programs are told their version. */
export function linkerFlags(variables: Readonly<Record<string, string>>): string {
  return [STRIP, ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}
