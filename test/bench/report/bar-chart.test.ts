import { describe, expect, it } from 'vitest';
import { barChart, describeChart } from '../../../bench/report/bar-chart.ts';
import type { Bar, Chart } from '../../../bench/report/bar-chart.ts';
import { escapeXml } from '../../../bench/report/svg.ts';

const RELAY: Bar = { label: 'relay', kind: 'relay', value: 100, low: 90, high: 120 };
const DIRECT: Bar = { label: 'direct', kind: 'direct', value: 200, low: 200, high: 200 };

function chartOf(bars: readonly Bar[], scale: 'linear' | 'log' = 'linear'): Chart {
  return { title: 'A chart', panels: [{ title: 'a case', unit: 'MB/s', higherIsBetter: true, scale, bars }] };
}

/** Whether every element is closed in its order: what a browser asks of an SVG before it shows any of it. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  let rest = svg;
  while (rest !== '') {
    const match =
      /^(?:<(\/?)(\w+)((?: [\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot|#39);[^"<&]*)*")*)(\/?)>|([^<]+))/.exec(
        rest,
      );
    if (match === null) return false;
    const [all, isClosing, name = '', , isEmpty, text] = match;
    if (text !== undefined && /&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) return false;
    if (text === undefined && isClosing === '/' && open.pop() !== name) return false;
    if (text === undefined && isClosing === '' && isEmpty === '') open.push(name);
    rest = rest.slice(all.length);
  }
  return open.length === 0;
}

function barWidths(svg: string, kind: string): readonly number[] {
  const pattern = new RegExp(`<rect class="${kind}" [^>]*width="([\\d.]+)" height="14"`, 'g');
  return [...svg.matchAll(pattern)].map((match) => Number(match[1]));
}

describe('a bar chart', () => {
  it('is well-formed, whatever the labels are', () => {
    const label = `<b>"it's" & more\u0000`;
    const svg = barChart({ ...chartOf([{ ...RELAY, label }, DIRECT]), title: '</title><script>' });
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).toContain('&lt;b&gt;&quot;it&#39;s&quot; &amp; more ');
    expect(svg).not.toContain('<script>');
    expect(isWellFormed(svg.replace('</text>', ''))).toBe(false);
  });

  it('has bars as long as their values', () => {
    const svg = barChart(chartOf([RELAY, DIRECT]));
    const [relay] = barWidths(svg, 'relay');
    const [direct] = barWidths(svg, 'direct');
    expect(relay).toBeGreaterThan(0);
    expect(direct).toBeCloseTo((relay ?? 0) * 2, 0);
  });

  it('has logarithms only where it says so', () => {
    const bars = [1000, 100, 10, 1].map((value): Bar => ({ ...RELAY, value, low: value, high: value }));
    const svg = barChart(chartOf(bars, 'log'));
    const [thousand = 0, hundred = 0, ten = 0] = barWidths(svg, 'relay');
    expect(svg).toContain('logarithmic scale');
    expect(thousand - hundred).toBeCloseTo(hundred - ten, 0);
    expect(barChart(chartOf(bars))).not.toContain('logarithmic');
  });

  it('shows how far the rounds lie apart, where they do', () => {
    expect(barChart(chartOf([RELAY])).match(/<path class="whisker"/g)).toHaveLength(1);
    expect(barChart(chartOf([DIRECT]))).not.toContain('<path');
  });

  it('can be read in light and in dark, with a colour for each kind that is in it', () => {
    const svg = barChart(chartOf([RELAY, DIRECT]));
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
    expect(svg).toContain('nothing in between');
    expect(svg).not.toContain('tunnel of others');
  });

  it.each([
    { what: 'nothing but zeros', bars: [{ ...RELAY, value: 0, low: 0, high: 0 }] },
    { what: 'a negative difference', bars: [{ ...RELAY, value: -5, low: -9, high: 1 }, DIRECT] },
  ])('of $what has no length that is no number', ({ bars }) => {
    for (const scale of ['linear', 'log'] as const) {
      const svg = barChart(chartOf(bars, scale));
      expect(svg).not.toMatch(/NaN|Infinity|width="-/);
      expect(isWellFormed(svg)).toBe(true);
    }
  });

  it('is told in words to whoever cannot see it', () => {
    expect(describeChart(chartOf([RELAY, DIRECT]))).toBe('A chart. a case: relay 100, direct 200 MB/s.');
  });
});

it.each([
  { text: 'a < b & c > d', escaped: 'a &lt; b &amp; c &gt; d' },
  { text: `"it's"`, escaped: '&quot;it&#39;s&quot;' },
  { text: 'a\u0007b\tc', escaped: 'a b\tc' },
])('XML has $text as $escaped', ({ text, escaped }) => {
  expect(escapeXml(text)).toBe(escaped);
});
