import { describe, expect, it } from 'vitest';
import { blockNames, replaceBlocks } from '../../../bench/report/blocks.ts';

const DOCUMENT = `# Title

Prose.

<!-- bench:small -->

old

<!-- /bench:small -->

More prose.

<!-- bench:machine -->
<!-- /bench:machine -->
`;

describe('the generated blocks of a document', () => {
  it('are made anew, and the prose around them stays', () => {
    const text = replaceBlocks(
      DOCUMENT,
      new Map([
        ['machine', 'a machine'],
        ['small', '| a table |'],
      ]),
    );
    expect(text).toBe(`# Title

Prose.

<!-- bench:small -->

| a table |

<!-- /bench:small -->

More prose.

<!-- bench:machine -->

a machine

<!-- /bench:machine -->
`);
  });

  it('are the same after a second time', () => {
    const contents = new Map([
      ['machine', 'a machine'],
      ['small', 'two\n\nparagraphs with $& and $1'],
    ]);
    const once = replaceBlocks(DOCUMENT, contents);
    expect(replaceBlocks(once, contents)).toBe(once);
    expect(once).toContain('two\n\nparagraphs with $& and $1');
  });

  it('are named in the order of the document', () => {
    expect(blockNames(DOCUMENT)).toEqual(['small', 'machine']);
  });

  it('have a place, or the error names the markers that are missing', () => {
    const contents = new Map([
      ['small', ''],
      ['machine', ''],
      ['lists', ''],
    ]);
    expect(() => replaceBlocks(DOCUMENT, contents)).toThrow(
      'the document has no place for: <!-- bench:lists --> … <!-- /bench:lists -->',
    );
  });

  it('are not left with what they held before', () => {
    expect(() => replaceBlocks(DOCUMENT, new Map([['small', '']]))).toThrow(
      'line 13: nothing is generated for <!-- bench:machine -->',
    );
  });

  it.each([
    {
      what: 'is never closed',
      text: '\n<!-- bench:a -->',
      error: 'line 2: <!-- bench:a --> is never closed',
    },
    {
      what: 'was never opened',
      text: '<!-- /bench:a -->',
      error: 'line 1: <!-- /bench:a --> closes nothing',
    },
    {
      what: 'holds another',
      text: '<!-- bench:a -->\n<!-- bench:b -->',
      error: 'line 2: <!-- bench:b --> comes before <!-- /bench:a -->',
    },
    {
      what: 'is closed by another',
      text: '<!-- bench:a -->\n<!-- /bench:b -->',
      error: 'line 2: <!-- /bench:b --> comes before <!-- /bench:a -->',
    },
    {
      what: 'is there twice',
      text: '<!-- bench:a -->\n<!-- /bench:a -->\n<!-- bench:a -->\n<!-- /bench:a -->',
      error: 'line 3: <!-- bench:a --> is there twice',
    },
  ])('one that $what is refused, with its line', ({ text, error }) => {
    expect(() => blockNames(text)).toThrow(error);
  });
});
