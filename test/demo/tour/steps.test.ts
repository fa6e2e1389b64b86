import { describe, expect, it } from 'vitest';
import { castOf } from '../../../demo/cast.ts';
import { DEFAULT_DIRECTORY } from '../../../demo/entra/index.ts';
import { tourSteps } from '../../../demo/tour/index.ts';
import type { CallStep } from '../../../demo/tour/step.ts';

const setting = { cast: castOf(DEFAULT_DIRECTORY), namespace: 'somewhere', podName: 'web' };

function calls(podState: 'running' | 'unscheduled' | 'waiting'): readonly CallStep[] {
  return tourSteps({ ...setting, podState }).filter((step) => step.kind === 'call');
}

describe('the table of the tour', () => {
  it('holds what the README promises, each with a purpose of its own', () => {
    const steps = tourSteps({ ...setting, podState: 'running' });
    expect(new Set(steps.map(({ title }) => title)).size).toBe(steps.length);
    const verbs = calls('running').map(({ call }) => call.kubectl[0]);
    expect(verbs).toEqual(['auth', 'get', 'create', 'get', 'logs', 'exec', 'get', 'delete', 'get']);
    expect(steps.at(-1)?.kind).toBe('sockets');
  });

  it('asks for the same in both ways', () => {
    for (const { call } of calls('running')) {
      if (call.kubectl[0] === 'auth') continue;
      expect(call.kubectl).toContain('somewhere');
      expect(call.plain.path).toContain('/namespaces/somewhere/');
    }
  });

  it('expects of a pod that does not run what the cluster itself says', () => {
    const exec = (state: Parameters<typeof calls>[0]) =>
      calls(state).find(({ call }) => call.kubectl[0] === 'exec')?.expects;
    expect(exec('running')?.exitCode).toBe(3);
    expect(exec('unscheduled')).toMatchObject({ exitCode: 1, status: 400 });
    expect(exec('waiting')).toMatchObject({ exitCode: 1, status: 500 });
  });

  it('expects the refusals, and not success, of Bob who writes and of Mallory', () => {
    const refused = calls('running').filter(({ expects }) => expects.exitCode === 1);
    expect(refused.map(({ call }) => call.person)).toEqual(['bob', 'mallory']);
  });
});
