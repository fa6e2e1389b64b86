export { createGroupFilter } from './group-filter.ts';
export type { GroupFilter, GroupFilterOptions } from './group-filter.ts';
export { GroupFilterError } from './group-filter-error.ts';
export type { GroupFilterErrorCode } from './group-filter-error.ts';
export { GROUP_LIMITS } from './limits.ts';
export type { GroupLimits } from './limits.ts';
