// Times as Go programs take them (time.ParseDuration): kubelogin's variables have that form.

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/** `30s`, `1m30s`, `1.5h`: in milliseconds; undefined for anything else. */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > 40) return undefined;
  let total = 0;
  let end = 0;
  for (const [part, count, unit] of text.matchAll(PART)) {
    total += Number(count) * (UNIT_MS.get(unit ?? '') ?? Number.NaN);
    end += part.length;
  }
  return end === text.length && end > 0 && Number.isFinite(total) ? total : undefined;
}
