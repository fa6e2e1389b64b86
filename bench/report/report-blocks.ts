// The generated blocks of docs/performance.md that are about all scenarios together. Pure.
import type { Target } from '../measure/index.ts';
import type { BenchResult } from '../result-file.ts';
import { inRouteOrder, routeInfo } from './figure-name.ts';
import { bullets, escapeText, markdownTable } from './markdown.ts';
import type { ProfileSummary } from './profile-summary.ts';
import { formatNumber } from './table.ts';

const NO_RESULTS = 'No result is kept.';
const COMMIT_LENGTH = 12;
const BYTES_PER_GIGABYTE = 1e9;

export function machineBlock(results: readonly BenchResult[]): string {
  if (results.length === 0) return NO_RESULTS;
  const machines = new Set(
    results.map(({ machine: { cpuModel, cpuCount, memoryBytes, platform, kernel, node } }) =>
      [
        cpuModel,
        `${cpuCount} CPUs`,
        `${formatNumber(memoryBytes / BYTES_PER_GIGABYTE)} GB of memory`,
        `${platform}, kernel ${kernel}`,
        `Node.js ${node}`,
      ].join('; '),
    ),
  );
  const rows = results.map(({ bench, startedAt, durationMs, machine: { commit, changed, loadAverage } }) => [
    escapeText(bench),
    startedAt.slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' '),
    `${commit === '' ? 'no commit' : commit.slice(0, COMMIT_LENGTH)}${changed ? ', changed' : ''}`,
    `${Math.round(durationMs / 1000)} s`,
    loadAverage.toFixed(2),
  ]);
  return [
    bullets([...machines]),
    markdownTable(['scenario', 'begun (UTC)', 'commit', 'took', 'load average before it'], rows),
  ].join('\n\n');
}

export function routesBlock(results: readonly BenchResult[]): string {
  const names = inRouteOrder(results.flatMap(({ versions }) => Object.keys(versions)));
  if (names.length === 0) return NO_RESULTS;
  const rows = names.map((name) => {
    const info = routeInfo(name);
    const versions = new Set(results.flatMap((result) => result.versions[name] ?? []));
    return [name, info?.kind ?? '', info?.title ?? '', [...versions].join('; ')].map(escapeText);
  });
  return markdownTable(['route', 'kind', 'what it is', 'version'], rows);
}

export function targetsBlock(results: readonly BenchResult[]): string {
  const all = results.flatMap(({ bench, targets }) => targets.map((target) => ({ bench, target })));
  if (all.length === 0) return NO_RESULTS;
  const met = all.filter(({ target }) => target.met).length;
  return [
    `${met} of ${all.length} targets are met.`,
    markdownTable(
      ['scenario', 'target', 'bound', 'measured', ''],
      all.map(({ bench, target }) => [escapeText(bench), ...targetCells(target)]),
    ),
  ].join('\n\n');
}

export function targetCells({ name, bound, value, met }: Target): readonly string[] {
  // A bound ends with its unit, after the number.
  const unit = bound.split(' ').slice(2).join(' ');
  return [
    escapeText(name),
    escapeText(bound.replace('>=', '≥').replace('<=', '≤')),
    escapeText(`${formatNumber(value)} ${unit}`),
    met ? 'met' : '**MISSED**',
  ];
}

export interface AbsentPeer {
  readonly name: string;
  readonly reason: string;
}

/** @param cloudPeers those that cannot run without their cloud, and so never ran */
export function absentBlock(results: readonly BenchResult[], cloudPeers: readonly AbsentPeer[]): string {
  const seen = results.flatMap(({ bench, absent }) => absent.map((peer) => ({ ...peer, bench })));
  const ran = [...Map.groupBy(seen, ({ name, reason }) => `${name}\n${reason}`).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ ...first, where: [...new Set(group.map(({ bench }) => bench))].join(', ') }];
  });
  const rows = [
    ...ran.map(({ name, where, reason }) => [name, where, reason]),
    ...cloudPeers.map(({ name, reason }) => [name, 'all', reason]),
  ];
  if (rows.length === 0) return results.length === 0 ? NO_RESULTS : 'Every route of every scenario ran.';
  return markdownTable(
    ['peer', 'scenario', 'why it has no figures'],
    rows.map((row) => row.map(escapeText)),
  );
}

/** Parts with less than this are shown together. */
const MIN_SHARE = 0.01;
const REST = 'all the rest';

export function profilesBlock(summaries: readonly ProfileSummary[]): string {
  if (summaries.length === 0) return 'No profile is kept.';
  const byCase = Map.groupBy(summaries, (summary) => `${summary.scenario}, ${summary.case}`);
  return [...byCase]
    .map(([name, ofCase]) => `**${escapeText(name)}**\n\n${profileTable(ofCase)}`)
    .join('\n\n');
}

function profileTable(ofCase: readonly ProfileSummary[]): string {
  // gateway before agent: as a request passes them.
  const order = ofCase.toSorted((a, b) => b.process.localeCompare(a.process));
  const shown = new Set(
    order.flatMap(({ parts }) => parts.filter(({ share }) => share >= MIN_SHARE).map(({ part }) => part)),
  );
  const shareOf = ({ parts }: ProfileSummary, part: string): number =>
    parts.find((one) => one.part === part)?.share ?? 0;
  const largest = (part: string): number => Math.max(...order.map((summary) => shareOf(summary, part)));
  const rows = [...shown]
    .toSorted((a, b) => largest(b) - largest(a))
    .map((part) => [escapeText(part), ...order.map((summary) => percent(shareOf(summary, part)))]);
  const rest = order.map(({ parts }) =>
    parts.filter(({ part }) => !shown.has(part)).reduce((total, { share }) => total + share, 0),
  );
  const work = order.map(({ workMs, sampledMs }) => `${Math.round(workMs)} of ${Math.round(sampledMs)} ms`);
  return [
    markdownTable(
      ['self time', ...order.map(({ process }) => escapeText(process))],
      [
        ...rows,
        ...(rest.some((share) => share > 0) ? [[REST, ...rest.map(percent)]] : []),
        ['work in the time sampled', ...work],
      ],
    ),
    bullets(order.map(topFunctions)),
  ].join('\n\n');
}

const TOP_SHOWN = 6;

function topFunctions({ process, top }: ProfileSummary): string {
  const list = top
    .slice(0, TOP_SHOWN)
    .map((one) => `${one.function}${one.file === '' ? '' : ` (${one.file})`} ${percent(one.share)}`);
  return `${process}: ${list.join(', ')}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
