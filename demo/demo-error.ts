// Why the demo could not go on: one line for a person, and where a child failed the end of what it had written.
import { ClusterConnectError } from '../observe/index.ts';

export type DemoErrorCode =
  | 'CC_ERR_DEMO_USAGE'
  | 'CC_ERR_DEMO_PART'
  | 'CC_ERR_DEMO_CLUSTER'
  | 'CC_ERR_DEMO_KUBECTL'
  | 'CC_ERR_DEMO_REQUEST';

export class DemoError extends ClusterConnectError<DemoErrorCode> {
  /** Lines to show below the message: the tail of a log. */
  readonly tail: readonly string[];

  constructor(code: DemoErrorCode, message: string, tail: readonly string[] = [], options?: ErrorOptions) {
    super(code, message, options);
    this.tail = tail;
  }
}
