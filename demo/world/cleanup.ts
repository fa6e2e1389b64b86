// What has to be undone at the end, in reverse order, however the end comes.

export interface Cleanup {
  /** `undo` runs once, at the end. Its failure is reported and stops nothing. */
  add(what: string, undo: () => Promise<void> | void): void;
  /** Runs everything, last added first; a second call waits for the first. */
  run(): Promise<void>;
}

export function createCleanup(onFailure: (what: string, error: unknown) => void): Cleanup {
  const tasks: { readonly what: string; readonly undo: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
      try {
        await task.undo();
      } catch (error) {
        onFailure(task.what, error);
      }
    }
  };
  return {
    add: (what, undo) => void tasks.push({ what, undo }),
    run: () => (running ??= run()),
  };
}
