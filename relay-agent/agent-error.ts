// What goes wrong in the agent, by code.
import { ClusterConnectError } from '../observe/index.ts';

export type AgentErrorCode =
  | 'CC_ERR_AGENT_JOIN_REFUSED'
  | 'CC_ERR_AGENT_JOIN_UNREACHABLE'
  | 'CC_ERR_AGENT_JOIN_TOKEN_MISSING'
  | 'CC_ERR_AGENT_STATE_INVALID'
  | 'CC_ERR_AGENT_DIAL_REFUSED'
  | 'CC_ERR_AGENT_PROXY_REFUSED'
  | 'CC_ERR_AGENT_SERVICE_ACCOUNT';

export class AgentError extends ClusterConnectError<AgentErrorCode> {
  /** Whether a caller that loops should try again. */
  readonly retryable: boolean;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions & { retryable?: boolean }) {
    super(code, message, options);
    this.retryable = options?.retryable ?? false;
  }
}
