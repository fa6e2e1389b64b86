// Where Graph is, by cloud, and what settings are refused with which words.
import { describe, expect, it } from 'vitest';
import { graphProblems } from '../../../auth/graph/index.ts';
import { placeOfGraph } from '../../../auth/graph/graph-settings.ts';
import { ConfigError } from '../../../observe/index.ts';

const GOOD = { clientId: '33333333-aaaa-4bbb-8ccc-444444444444', clientSecretFile: '/secret' };

describe('the place of Graph', () => {
  it.each([
    ['https://login.microsoftonline.com', 'https://graph.microsoft.com'],
    ['https://login.windows.net', 'https://graph.microsoft.com'],
    ['https://login.microsoftonline.us', 'https://graph.microsoft.us'],
    ['https://login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn'],
    ['https://login.chinacloudapi.cn/', 'https://microsoftgraph.chinacloudapi.cn'],
  ])('for %s is %s', (authorityHost, graphOrigin) => {
    const { origin } = new URL(authorityHost);
    expect(placeOfGraph(GOOD, authorityHost)).toEqual({ authorityOrigin: origin, graphOrigin });
  });

  it('is the other one of US Government where that is asked for', () => {
    const origin = 'https://dod-graph.microsoft.us';
    expect(placeOfGraph({ ...GOOD, origin }, 'https://login.microsoftonline.us').graphOrigin).toBe(origin);
  });

  it('is what the settings say for an authority of somebody else', () => {
    const origin = 'https://graph.example:8443';
    expect(placeOfGraph({ ...GOOD, origin }, 'https://entra.example')).toEqual({
      authorityOrigin: 'https://entra.example',
      graphOrigin: origin,
    });
  });
});

describe('settings', () => {
  const MICROSOFT = 'https://login.microsoftonline.com';
  const OTHER = 'https://entra.example';

  it.each([
    ['a client id that is a name', { ...GOOD, clientId: 'reader' }, MICROSOFT, 'clientId must be a GUID'],
    ['no credential', { clientId: GOOD.clientId }, MICROSOFT, 'exactly one of clientSecretFile'],
    ['an empty credential', { ...GOOD, clientSecretFile: '' }, MICROSOFT, 'exactly one of'],
    ['two credentials', { ...GOOD, certificateFile: '/c' }, MICROSOFT, 'exactly one of'],
    ['no origin for an unknown authority', GOOD, OTHER, 'entra.graph.origin is needed'],
    [
      'Graph of another cloud',
      { ...GOOD, origin: 'https://graph.microsoft.us' },
      MICROSOFT,
      'must be https://graph.m',
    ],
    [
      'any Graph for Microsoft’s authority',
      { ...GOOD, origin: 'https://attacker.example' },
      MICROSOFT,
      'origin must be',
    ],
    ['an origin without TLS', { ...GOOD, origin: 'http://graph.example' }, OTHER, 'must be an https origin'],
    [
      'an origin with a path',
      { ...GOOD, origin: 'https://graph.example/v1.0' },
      OTHER,
      'must be an https origin',
    ],
    [
      'an origin with a slash',
      { ...GOOD, origin: 'https://graph.example/' },
      OTHER,
      'must be an https origin',
    ],
  ])('with %s are refused', (_, settings, authorityHost, words) => {
    const problems = graphProblems(settings, authorityHost);
    expect(problems).toEqual([expect.stringContaining(words)]);
    expect(() => placeOfGraph(settings, authorityHost)).toThrow(ConfigError);
  });

  it('name all that is wrong at once', () => {
    expect(graphProblems({ clientId: '' }, OTHER)).toHaveLength(3);
  });

  it('for an authority that is none are refused', () => {
    expect(() => placeOfGraph(GOOD, 'entra.example')).toThrow(ConfigError);
  });
});
