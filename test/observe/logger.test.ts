import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, errorCode, silentLogger } from '../../observe/index.ts';
import type { LogLevel } from '../../observe/index.ts';

function collect(level: LogLevel) {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, logger: createLogger({ level, destination }) };
}

describe('the logger', () => {
  it('writes one JSON line with level, time, event and fields', () => {
    const { lines, logger } = collect('info');
    logger.info('tunnel.session.closed', { cluster: 'edge-1' });
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ level: 'info', event: 'tunnel.session.closed', cluster: 'edge-1' });
    expect(line).toHaveProperty('time');
    expect(lines).toHaveLength(1);
  });

  it('keeps quiet below its level', () => {
    const { lines, logger } = collect('warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines).toHaveLength(2);
  });

  it('adds the fields of a child to every line, and redacts them too', () => {
    const { lines, logger } = collect('debug');
    logger.child({ requestId: 'r-1', token: 'x' }).debug('e', { n: 1 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ requestId: 'r-1', token: '[redacted]', n: 1 });
  });

  it('L1: writes no error whose message holds a token', () => {
    const { lines, logger } = collect('error');
    logger.error('x', { error: new Error('Bearer abcdefgh') });
    expect(lines.join('')).not.toContain('abcdefgh');
  });

  it('has a silent twin', () => {
    expect(silentLogger.child({ a: 1 })).toBe(silentLogger);
    expect(() => silentLogger.error('x')).not.toThrow();
  });
});

describe('errorCode', () => {
  it.each([
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [new Error('x'), 'unknown'],
    [{ code: 5 }, 'unknown'],
    ['text', 'unknown'],
    [null, 'unknown'],
  ])('of %s is %s', (error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});
