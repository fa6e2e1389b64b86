import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../demo/arguments.ts';

describe('the arguments of the demo', () => {
  it.each([
    { args: [], parsed: { help: false, once: false } },
    { args: ['--once'], parsed: { help: false, once: true } },
    { args: ['-h'], parsed: { help: true, once: false } },
    {
      args: ['--kubeconfig', 'k.yaml', '--context=prod'],
      parsed: { help: false, once: false, kubeconfig: 'k.yaml', context: 'prod' },
    },
  ])('reads $args', ({ args, parsed }) => {
    expect(parseArguments(args)).toEqual(parsed);
  });

  it.each([
    { args: ['--context', 'prod'], message: '--context needs --kubeconfig' },
    { args: ['--kubeconfig', ''], message: 'need a value that is not empty' },
    { args: ['--kubeconfig'], message: "Option '--kubeconfig <value>' argument missing" },
    { args: ['once'], message: "Unexpected argument 'once'" },
    { args: ['--twice'], message: "Unknown option '--twice'" },
  ])('refuses $args', ({ args, message }) => {
    expect(() => parseArguments(args)).toThrow(
      expect.objectContaining({ code: 'CC_ERR_DEMO_USAGE', message: expect.stringContaining(message) }),
    );
  });
});
