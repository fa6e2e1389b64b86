import { expect, it } from 'vitest';
import { checkEntraSettings } from '../../auth/entra-settings.ts';
import { ConfigError } from '../../observe/index.ts';
import type { EntraSettings } from '../../auth/index.ts';

const GOOD: EntraSettings = {
  authorityHost: 'https://login.microsoftonline.com',
  tenants: ['7C6F0E1A-2b3c-4d5e-8f90-a1b2c3d4e5f6'],
  audiences: ['api://clusters', 'https://clusters.example/', '5a8b1f60-2e7d-4d39-a4c8-6b0e3f9d1c01'],
  usernameClaim: 'oid',
  groupsOverage: 'fail',
  clockSkewSeconds: 60,
};

it('accepts an App ID URI with and without its last slash, and any spelling of a tenant id', () => {
  const { tenants, audiences } = checkEntraSettings(GOOD);
  expect([...tenants]).toEqual(['7c6f0e1a-2b3c-4d5e-8f90-a1b2c3d4e5f6']);
  expect(audiences).toEqual([
    'api://clusters',
    'api://clusters/',
    'https://clusters.example',
    'https://clusters.example/',
    '5a8b1f60-2e7d-4d39-a4c8-6b0e3f9d1c01',
  ]);
});

it('names every problem at once', () => {
  const bad = {
    ...GOOD,
    authorityHost: 'nowhere',
    tenants: ['common'],
    audiences: [' '],
    clockSkewSeconds: 61,
  };
  try {
    checkEntraSettings(bad);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toHaveProperty('problems.length', 4);
  }
});

it.each([
  ['no tenant', { tenants: [] }],
  ['no audience', { audiences: [] }],
  ['an empty audience', { audiences: [''] }],
  ['a negative skew', { clockSkewSeconds: -1 }],
  ['a fractional skew', { clockSkewSeconds: 0.5 }],
  ['J7: a skew over a minute', { clockSkewSeconds: 300 }],
])('refuses %s', (_name, changes) => {
  expect(() => checkEntraSettings({ ...GOOD, ...changes })).toThrow(ConfigError);
});
