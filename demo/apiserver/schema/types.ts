// All types of the API, read once at start.
import { ACCESS_TYPES } from './access-types.ts';
import { CORE_TYPES } from './core-types.ts';
import { META_TYPES } from './meta-types.ts';
import { POD_TYPES } from './pod-types.ts';
import { readTypes } from './type-table.ts';
import type { ObjectType, TypeTable } from './type-table.ts';
import { WORKLOAD_TYPES } from './workload-types.ts';

export const TYPES: TypeTable = readTypes({
  ...META_TYPES,
  ...POD_TYPES,
  ...CORE_TYPES,
  ...WORKLOAD_TYPES,
  ...ACCESS_TYPES,
});

export function typeNamed(name: string): ObjectType | undefined {
  return TYPES.get(name);
}
