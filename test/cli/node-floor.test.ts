import { describe, expect, it } from 'vitest';
import { nodeFloorWarning, nodeTooOld } from '../../cli/node-floor.ts';

describe('nodeFloorWarning', () => {
  it.each([
    'v24.22.3',
    'v24.22.4',
    'v24.23.0',
    'v26.13.1',
    'v26.14.0',
    'v27.0.0',
    'v28.1.0',
    'not a version',
  ])('is silent for %s', (version) => {
    expect(nodeFloorWarning(version)).toBeUndefined();
  });

  it.each([
    { version: 'v24.22.2', names: '24.22.3' },
    { version: 'v24.21.9', names: '24.22.3' },
    { version: 'v26.13.0', names: '26.13.1' },
    { version: 'v26.0.0', names: '26.13.1' },
    { version: 'v25.9.0', names: '24.22.3 or 26.13.1' },
    { version: 'v20.19.0', names: '24.22.3 or 26.13.1' },
  ])('names $names for $version', ({ version, names }) => {
    const warning = nodeFloorWarning(version);
    expect(warning).toContain(version);
    expect(warning).toContain(names);
  });
});

describe('nodeTooOld', () => {
  it.each(['v24.0.0', 'v26.1.0', 'not a version'])('is silent for %s', (version) => {
    expect(nodeTooOld(version)).toBeUndefined();
  });

  it.each(['v20.19.0', 'v22.12.0', 'v23.11.1'])('says what to use instead of %s', (version) => {
    expect(nodeTooOld(version)).toBe(`Node ${version} is too old. Use Node 24 or newer.`);
  });
});
