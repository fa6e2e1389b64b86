import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { bullets, escapeText, folded, markdownTable } from '../../../bench/report/markdown.ts';

describe('Markdown', () => {
  it('has numbers to the right and words to the left', () => {
    const table = markdownTable(
      ['route', 'µs'],
      [
        ['direct', 12.34],
        ['**relay**', '–'],
      ],
    );
    expect(table.split('\n')).toEqual([
      '| route     |   µs |',
      '| --------- | ---: |',
      '| direct    | 12.3 |',
      '| **relay** |    – |',
    ]);
  });

  it.each([
    { text: 'a | b', escaped: 'a &#124; b' },
    { text: 'two\n lines', escaped: 'two lines' },
    {
      text: '<script> & *bold* `code` [link](x)',
      escaped: '&lt;script> &amp; &#42;bold&#42; &#96;code&#96; &#91;link](x)',
    },
    { text: 'C:\\x', escaped: 'C:&#92;x' },
  ])('shows $text as it is', ({ text, escaped }) => {
    expect(escapeText(text)).toBe(escaped);
  });

  it('is what Prettier would leave', async () => {
    const text = `${[
      markdownTable(
        ['a', 'long header, ×'],
        [
          [escapeText('x | y <z> *'), 1],
          ['snake_case', 1234.5],
        ],
      ),
      folded('all & more', bullets(['one * two', 'a_b: <c>'])),
    ].join('\n\n')}\n`;
    expect(await format(text, { parser: 'markdown', printWidth: 110 })).toBe(text);
  });
});
