// Which groups any binding names, counted, so that the last one that names a group takes it away. The version changes
// when the answer for somebody may change, and not with every touch of a binding.
import type { GroupLimits } from './limits.ts';
import type { Binding, BindingResource } from './role-bindings.ts';

export interface BoundGroups {
  readonly version: number;
  readonly size: number;
  has(group: string): boolean;
  /** All that a list of one resource holds, in place of what was known of it. @throws RangeError for too many */
  replace(resource: BindingResource, bindings: readonly Binding[]): void;
  /** @throws RangeError for too many */
  set(resource: BindingResource, binding: Binding): void;
  delete(resource: BindingResource, key: string): void;
}

export function createBoundGroups(limits: GroupLimits): BoundGroups {
  /** Only of bindings that name a group: most of a cluster's name ServiceAccounts. */
  const bindings: Record<BindingResource, Map<string, readonly string[]>> = {
    clusterrolebindings: new Map(),
    rolebindings: new Map(),
  };
  const counts = new Map<string, number>();
  let subjects = 0;
  let version = 0;

  function add(resource: BindingResource, { key, groups }: Binding): void {
    if (groups.length === 0) return;
    const total = bindings.clusterrolebindings.size + bindings.rolebindings.size;
    if (total >= limits.MAX_BINDINGS || subjects + groups.length > limits.MAX_SUBJECTS) {
      throw new RangeError('the cluster has more bindings of groups than the agent keeps');
    }
    bindings[resource].set(key, groups);
    subjects += groups.length;
    for (const group of groups) {
      const count = counts.get(group) ?? 0;
      if (count === 0) version += 1;
      counts.set(group, count + 1);
    }
  }

  function remove(resource: BindingResource, key: string): void {
    const groups = bindings[resource].get(key);
    if (groups === undefined) return;
    bindings[resource].delete(key);
    subjects -= groups.length;
    for (const group of groups) {
      const count = counts.get(group) ?? 0;
      if (count > 1) {
        counts.set(group, count - 1);
        continue;
      }
      counts.delete(group);
      version += 1;
    }
  }

  return {
    get version() {
      return version;
    },
    get size() {
      return counts.size;
    },
    has: (group) => counts.has(group),
    replace(resource, list) {
      const gone = new Set(bindings[resource].keys());
      for (const binding of list) {
        gone.delete(binding.key);
        if (isSame(bindings[resource].get(binding.key), binding.groups)) continue;
        remove(resource, binding.key);
        add(resource, binding);
      }
      for (const key of gone) remove(resource, key);
    },
    set(resource, binding) {
      if (isSame(bindings[resource].get(binding.key), binding.groups)) return;
      remove(resource, binding.key);
      add(resource, binding);
    },
    delete: remove,
  };
}

function isSame(before: readonly string[] | undefined, after: readonly string[]): boolean {
  if (before === undefined) return after.length === 0;
  return before.length === after.length && before.every((group, index) => group === after[index]);
}
