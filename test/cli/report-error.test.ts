import { describe, expect, it } from 'vitest';
import { CliError, usageError } from '../../cli/cli-error.ts';
import { EXIT, exitCodeOf } from '../../cli/exit-codes.ts';
import { describeError } from '../../cli/report-error.ts';
import { ClusterConnectError, ConfigError } from '../../observe/index.ts';

const plain = { debug: false };

describe('describeError', () => {
  it('says what happened and what to do', () => {
    expect(describeError(usageError('no such thing', 'Name another'), plain)).toBe(
      'cluster-connect: no such thing. Name another.\n',
    );
  });

  it('lists every problem of the settings', () => {
    expect(describeError(new ConfigError(['a is wrong', 'b is missing']), plain)).toBe(
      'cluster-connect: the settings have 2 problems. Mend each and start again:\n  - a is wrong\n  - b is missing\n',
    );
  });

  it('adds the code to errors of the other folders, and to unknown ones', () => {
    expect(describeError(new ClusterConnectError('CC_ERR_X_Y', 'it broke'), plain)).toBe(
      'cluster-connect: it broke. (CC_ERR_X_Y)\n',
    );
    const error = Object.assign(new Error('it broke'), { code: 'EPERM' });
    expect(describeError(error, plain)).toMatch(/^cluster-connect: it broke\. \(EPERM\) .*--debug.*\n$/);
  });

  it('says what to do about an address that is taken', () => {
    const error = Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:1'), {
      code: 'EADDRINUSE',
    });
    expect(describeError(error, plain)).toMatch(/127\.0\.0\.1:1\. .*change listen or privateListen\.\n$/);
  });

  it('L1: cuts tokens out, in the message, the stack and the causes', () => {
    const canary = 'ccjt_canarycanarycanarycanarycanarycanarycanaryx';
    const jwt = 'eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.canary';
    const error = new Error(`with ${canary}`, { cause: new Error(`Bearer ${jwt}`) });
    const text = describeError(error, { debug: true });
    expect(text).toContain('caused by');
    expect(text).not.toContain('canary');
  });

  it('lets no control character reach the terminal', () => {
    expect(describeError(new Error('a\u001b[2Jb\u009bc\rd'), plain)).toContain('a?[2Jb?c?d');
  });

  it('ends although a cause points at itself', () => {
    const error = new Error('round');
    error.cause = error;
    expect(describeError(error, { debug: true }).length).toBeLessThan(20_000);
  });
});

describe('exitCodeOf', () => {
  it.each([
    { error: new ConfigError(['x']), code: EXIT.usage },
    { error: usageError('x', 'y'), code: EXIT.usage },
    { error: new CliError('CC_ERR_CLI_SIGN_IN_FAILED', 'x', 'y'), code: EXIT.signIn },
    { error: new CliError('CC_ERR_CLI_FILE_LOCKED', 'x', 'y'), code: EXIT.failure },
    { error: new Error('x'), code: EXIT.failure },
    { error: 'x', code: EXIT.failure },
  ])('gives $code for $error', ({ error, code }) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
