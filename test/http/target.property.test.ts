import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpError, checkTarget, parseTarget, splitClusterPath } from '../../http/index.ts';

// Pieces that attackers put together, so that random targets are near the border between good and bad.
const piece = fc.constantFrom(
  '/',
  '//',
  '.',
  '..',
  ';',
  '%2e',
  '%2E',
  '%2f',
  '%5c',
  '%00',
  '%25',
  '%',
  '\\',
  '?',
  '#',
  '@',
  ':',
  'a',
  'proxy',
  '/api/v1/nodes/n/proxy/',
  '/clusters/',
  'clusters',
  '\t',
  ' ',
  '\r\n',
  '\u0131',
  '~',
);
const target = fc.oneof(
  fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

describe('the target check', () => {
  it('lets only typed errors escape, and loses no byte', () => {
    fc.assert(
      fc.property(target, (text) => {
        try {
          const { path, query } = parseTarget(text);
          expect([path, `${path}?${query}`]).toContain(text);
          expect(checkTarget(text)).toBe(path.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HttpError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('R1: lets pass only what a URL parser and one decoding leave where it is', () => {
    fc.assert(
      fc.property(target, (text) => {
        try {
          checkTarget(text);
        } catch {
          return;
        }
        const url = new URL(text, 'https://gateway');
        expect(url.host).toBe('gateway');
        const [path = ''] = text.split('?', 1);
        expect(url.pathname).toBe(path);
        const decoded = Buffer.from(
          path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          ),
        );
        expect(decoded.toString().split('/')).not.toContain('..');
        expect(decoded.toString().split('/')).not.toContain('.');
      }),
      { numRuns: 3000 },
    );
  });

  it('R1: a cluster path is its two parts, and the cluster holds nothing but its name', () => {
    fc.assert(
      fc.property(target, (text) => {
        const split = splitClusterPath(text);
        if (split === undefined) return;
        expect(`/clusters/${split.cluster}${split.target}`).toBe(text);
        expect(split.cluster).toMatch(/^[a-z0-9-]{1,63}$/);
      }),
      { numRuns: 3000 },
    );
  });
});
