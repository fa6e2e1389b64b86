// What can go wrong between the gateway's processes.
import { ClusterConnectError } from '../../observe/index.ts';

export type ProcessErrorCode =
  | 'CC_ERR_PROCESS_START'
  | 'CC_ERR_PROCESS_ENDED'
  | 'CC_ERR_PROCESS_STUCK'
  | 'CC_ERR_PROCESS_PORT_SHARING'
  | 'CC_ERR_PROCESS_SOCKET_DIRECTORY';

export class ProcessError extends ClusterConnectError<ProcessErrorCode> {}
