// Horizontal bars as SVG, on a ground of its own, for light and dark: what a document shows beside a table. Pure.
import { escapeXml, element, textElement } from './svg.ts';
import { formatNumber } from './table.ts';

export type BarKind = 'relay' | 'hop' | 'tunnel' | 'direct';

export interface Bar {
  readonly label: string;
  readonly kind: BarKind;
  readonly value: number;
  /** The smallest and the largest round. */
  readonly low: number;
  readonly high: number;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly scale: 'linear' | 'log';
  readonly bars: readonly Bar[];
}

export interface Chart {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const WIDTH = 760;
const MARGIN = 20;
const LABEL_WIDTH = 110;
const VALUE_WIDTH = 84;
const PLOT_LEFT = MARGIN + LABEL_WIDTH;
const PLOT_WIDTH = WIDTH - MARGIN - VALUE_WIDTH - PLOT_LEFT;
const HEADER_HEIGHT = 68;
const PANEL_TITLE_HEIGHT = 30;
const BAR_HEIGHT = 14;
const BAR_STEP = 21;
const AXIS_HEIGHT = 30;
/** About so many gaps between the lines of a linear scale. */
const TICKS = 5;
const WHISKER = 4;

const LEGEND: readonly (readonly [BarKind, string])[] = [
  ['relay', 'cluster-connect: two hops, authenticates'],
  ['tunnel', 'tunnel of others'],
  ['hop', 'one reverse proxy'],
  ['direct', 'nothing in between'],
];

/** Colours that people who see colours otherwise can tell apart too (after Okabe and Ito); names stand beside them anyway. */
const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.panel { font-size: 13px; font-weight: 600; }
.quiet { fill: #59636e; }
.strong { font-weight: 700; }
.ground { fill: #ffffff; stroke: #d1d9e0; }
.grid { stroke: #d1d9e0; }
.value { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
.whisker { stroke: #1f2328; stroke-width: 1.2; fill: none; }
.relay { fill: #0072b2; } .tunnel { fill: #e69f00; } .hop { fill: #009e73; } .direct { fill: #9aa2ab; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.quiet { fill: #9198a1; }
.ground { fill: #0d1117; stroke: #3d444d; }
.grid { stroke: #3d444d; }
.value { stroke: #0d1117; }
.whisker { stroke: #f0f6fc; }
.relay { fill: #4aa8e0; } .tunnel { fill: #d99a1c; } .hop { fill: #22a67d; } .direct { fill: #6e7781; }
}
`;

export function barChart({ title, panels }: Chart): string {
  const parts: string[] = [];
  let top = HEADER_HEIGHT;
  for (const panel of panels) {
    parts.push(...panelElements(panel, top));
    top += PANEL_TITLE_HEIGHT + panel.bars.length * BAR_STEP + AXIS_HEIGHT;
  }
  const height = top + MARGIN / 2;
  const kinds = new Set(panels.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    element('rect', { class: 'ground', x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 6 }),
    textElement(title, { class: 'title', x: MARGIN, y: 30 }),
    ...legend(kinds),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** In one sentence for whoever cannot see the picture. */
export function describeChart({ title, panels }: Chart): string {
  const of = panels.map(
    (panel) =>
      `${panel.title}: ${panel.bars.map(({ label, value }) => `${label} ${formatNumber(value)}`).join(', ')} ${panel.unit}`,
  );
  return `${title}. ${of.join('. ')}.`;
}

function legend(kinds: ReadonlySet<BarKind>): readonly string[] {
  const averageLetter = 6.1;
  let left = MARGIN;
  return LEGEND.filter(([kind]) => kinds.has(kind)).flatMap(([kind, text]) => {
    const at = left;
    left += 18 + text.length * averageLetter + 14;
    return [
      element('rect', { class: kind, x: at, y: 43, width: 11, height: 11, rx: 2 }),
      textElement(text, { class: 'quiet', x: at + 16, y: 53 }),
    ];
  });
}

function panelElements(panel: Panel, top: number): readonly string[] {
  const { title, unit, higherIsBetter, scale, bars } = panel;
  const about = `${unit}, ${higherIsBetter ? 'more' : 'less'} is better${scale === 'log' ? ', logarithmic scale' : ''}`;
  const axis = scale === 'log' ? logAxis(bars) : linearAxis(bars);
  const barsTop = top + PANEL_TITLE_HEIGHT;
  const bottom = barsTop + bars.length * BAR_STEP;
  return [
    `<text class="panel" x="${MARGIN}" y="${top + 18}">${escapeXml(title)}<tspan class="quiet" dx="8" font-weight="400">${escapeXml(about)}</tspan></text>`,
    ...axis.ticks.flatMap((tick) => {
      const x = axis.place(tick);
      return [
        element('line', { class: 'grid', x1: x, x2: x, y1: barsTop - 2, y2: bottom }),
        textElement(tickText(tick), { class: 'quiet', x, y: bottom + 14, 'text-anchor': 'middle' }),
      ];
    }),
    ...bars.flatMap((bar, index) => barElements(bar, barsTop + index * BAR_STEP, axis)),
  ];
}

function barElements(
  { label, kind, value, low, high }: Bar,
  top: number,
  { place }: Axis,
): readonly string[] {
  const middle = top + BAR_HEIGHT / 2;
  const [from, to] = [place(low), place(high)];
  const end = Math.max(place(value), to);
  const strong = kind === 'relay' ? 'strong' : 'plain';
  return [
    textElement(label, { class: strong, x: PLOT_LEFT - 8, y: middle + 4, 'text-anchor': 'end' }),
    element('rect', {
      class: kind,
      x: PLOT_LEFT,
      y: top,
      width: Math.max(1, place(value) - PLOT_LEFT),
      height: BAR_HEIGHT,
      rx: 2,
    }),
    ...(high > low
      ? [
          element('path', {
            class: 'whisker',
            d:
              `M${px(from)} ${middle}H${px(to)}` +
              [from, to].map((x) => `M${px(x)} ${middle - WHISKER}V${middle + WHISKER}`).join(''),
          }),
        ]
      : []),
    textElement(formatNumber(value), { class: `value ${strong}`, x: end + 7, y: middle + 4 }),
  ];
}

interface Axis {
  readonly ticks: readonly number[];
  /** To pixels from the left. */
  readonly place: (value: number) => number;
}

function linearAxis(bars: readonly Bar[]): Axis {
  const largest = Math.max(0, ...bars.flatMap(({ value, high }) => [value, high]));
  const end = largest > 0 ? largest : 1;
  const step = roundStep(end / TICKS);
  const ticks: number[] = [];
  for (let index = 0; index * step <= end; index += 1) ticks.push(index * step);
  return { ticks, place: (value) => PLOT_LEFT + (Math.max(0, value) / end) * PLOT_WIDTH };
}

/** From the power of ten below the smallest; what is not above zero stands at the left end. */
function logAxis(bars: readonly Bar[]): Axis {
  const values = bars.flatMap(({ value, low, high }) => [value, low, high]).filter((value) => value > 0);
  if (values.length === 0) return linearAxis(bars);
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(Math.log10(Math.max(...values)), first + 1);
  const ticks: number[] = [];
  for (let power = first; power <= last; power += 1) ticks.push(10 ** power);
  return {
    ticks,
    place: (value) =>
      value <= 0 ? PLOT_LEFT : PLOT_LEFT + ((Math.log10(value) - first) / (last - first)) * PLOT_WIDTH,
  };
}

/** 1, 2 or 5 times a power of ten, at least `raw`. */
function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5].find((times) => times * power >= raw) ?? 10) * power;
}

function tickText(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-US');
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
