import { describe, expect, it } from 'vitest';
import {
  kubeconfigForm,
  withCertificateFinding,
  writeForm,
} from '../../../cli/kubeconfig/service-connection.ts';
import type { ServiceConnectionForm } from '../../../cli/kubeconfig/service-connection.ts';

const FORM: ServiceConnectionForm = {
  method: 'Service account',
  fields: [
    { label: 'Server URL', text: 'https://relay.example.com/clusters/x' },
    { label: 'Secret', text: '{}' },
  ],
  remarks: ['The end.'],
  warnings: ['mind this'],
};

function written(form: ServiceConnectionForm): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  writeForm(form, {
    stdout: (text) => (output.stdout += text),
    stderr: (text) => (output.stderr += text),
  });
  return output;
}

describe('writeForm', () => {
  it('keeps standard output for what is pasted', () => {
    expect(written(FORM)).toEqual({
      stdout: 'https://relay.example.com/clusters/x\n{}\n',
      stderr: [
        'New service connection, type Kubernetes, authentication method "Service account".',
        'warning: mind this',
        'Field "Server URL":',
        'Field "Secret":',
        'The end.',
      ]
        .map((line) => `cluster-connect: ${line}\n`)
        .join(''),
    });
  });

  it('ends a kubeconfig with one line break', () => {
    expect(written(kubeconfigForm('kind: Config\n', 'cluster-connect')).stdout).toBe('kind: Config\n');
  });
});

describe('withCertificateFinding', () => {
  it('says nothing of a CA that signs', () => {
    expect(withCertificateFinding(FORM, 'relay.example.com', { outcome: 'signed' })).toBe(FORM);
  });

  it.each([
    {
      outcome: 'not-signed',
      said: 'warnings',
      says: 'is not the one that signs what relay.example.com shows (X)',
    },
    { outcome: 'unreachable', said: 'remarks', says: 'was not seen: it is not reached from here (X)' },
  ] as const)(
    'warns of the wrong one, and does not of one that could not be tried: $outcome',
    ({ outcome, said, says }) => {
      const form = withCertificateFinding(FORM, 'relay.example.com', { outcome, code: 'X' });
      const other = said === 'warnings' ? 'remarks' : 'warnings';
      expect(form[said].at(-1)).toContain(says);
      expect(form[other]).toEqual(FORM[other]);
    },
  );
});
