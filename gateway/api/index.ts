export type { ManagementAnswer } from './answer.ts';
export { DEFAULT_MANAGEMENT_LIMITS, MAX_MANAGEMENT_BODY_BYTES } from './limits.ts';
export type { ManagementLimits } from './limits.ts';
export { createManagementApi } from './management-api.ts';
export type { ManagementApi, ManagementApiOptions } from './management-api.ts';
export type { ManagementRequest } from './request.ts';
