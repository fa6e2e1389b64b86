import { expect, it } from 'vitest';
import { formatNumber, renderTable } from '../../../bench/report/index.ts';

it.each([
  { value: 12_345.6, text: '12,346' },
  { value: 99.94, text: '99.9' },
  { value: -150.4, text: '-150' },
  { value: 1.234, text: '1.23' },
  { value: 0, text: '0.00' },
])('$value is written $text', ({ value, text }) => {
  expect(formatNumber(value)).toBe(text);
});

it('a table has numbers to the right and words to the left', () => {
  const table = renderTable(
    ['name', 'value'],
    [
      ['a', 1000],
      ['longer', '-'],
    ],
  );
  expect(table.split('\n')).toEqual(['name    value', '------  -----', 'a       1,000', 'longer      -']);
});
