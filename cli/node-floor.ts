// Names a Node that is older than the security releases this program counts on, once, at the start of a service.

/** facts: Runtime floor. The releases of 2026-11-11 mend TLS resumption, HTTP/2 and parser faults that a relay meets. */
const FLOOR: ReadonlyMap<number, string> = new Map([
  [24, '24.22.3'],
  [26, '26.13.1'],
]);
const NEWEST_LINE = 26;

const OLDEST_LINE = 24;

/** Why a Node version such as `v20.20.2` cannot run this program at all; undefined when it can. */
export function nodeTooOld(version: string): string | undefined {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1] ?? OLDEST_LINE);
  return major < OLDEST_LINE ? `Node ${version} is too old. Use Node ${OLDEST_LINE} or newer.` : undefined;
}

/** The warning for a Node version such as `v24.21.0`; undefined when it is new enough. */
export function nodeFloorWarning(version: string): string | undefined {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (parts === null) return undefined;
  const major = Number(parts[1]);
  if (major > NEWEST_LINE) return undefined;
  const floor = FLOOR.get(major);
  if (floor === undefined) {
    return `Node ${version} gets no security fixes. Use Node ${[...FLOOR.values()].join(' or ')}, or newer.`;
  }
  const [, minor, patch] = floor.split('.').map(Number);
  const old =
    Number(parts[2]) < (minor ?? 0) || (Number(parts[2]) === minor && Number(parts[3]) < (patch ?? 0));
  return old ? `Node ${version} lacks security fixes. Use Node ${floor} or newer.` : undefined;
}
