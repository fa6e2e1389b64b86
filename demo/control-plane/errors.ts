// Why the control plane could not start or answer: one class, the reason is in the code.
import { ClusterConnectError } from '../../observe/index.ts';

export type ControlPlaneErrorCode =
  | 'CC_ERR_CONTROL_PLANE_EXITED'
  | 'CC_ERR_CONTROL_PLANE_NOT_READY'
  | 'CC_ERR_CONTROL_PLANE_ADMIN'
  | 'CC_ERR_CONTROL_PLANE_AUDIT';

export class ControlPlaneError extends ClusterConnectError<ControlPlaneErrorCode> {}
