// Settings are read by many and changed by nobody: a write to them must fail loudly.

/** Freezes plain objects and arrays in place, all the way down, and gives the same object back. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}
