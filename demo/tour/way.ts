// How the tour asks a cluster: by the real kubectl, or by plain HTTPS. Both tell what they do as a person would type it.
import type { Call } from './step.ts';

export interface RunningCall {
  /** kubectl's exit code, or the HTTP status (for exec the command's exit code); -1 when it was cut short. */
  readonly ended: Promise<number>;
  /** As Ctrl-C would. */
  interrupt(): void;
  kill(): void;
}

export interface Way {
  readonly name: 'kubectl' | 'https';
  /** What a person types once, before any of the commands. */
  readonly preparation: readonly string[];
  /** Exactly as it can be pasted. */
  command(call: Call): string;
  /** @param onText told of the output as it comes */
  start(call: Call, onText: (text: string) => void): RunningCall;
}
