import { expect, it } from 'vitest';
import { resolveAuthority } from '../../auth/entra-clouds.ts';
import { authorityAt } from './authority-double.ts';

const TENANT = '7c6f0e1a-2b3c-4d5e-8f90-a1b2c3d4e5f6';
const OTHER = '9188040d-6c67-4c5b-b112-36a304b66dad';

it.each([
  ['https://login.microsoftonline.com', 'https://sts.windows.net/', 'https://login.microsoftonline.com/'],
  ['https://login.microsoftonline.us/', 'https://sts.windows.net/', 'https://login.microsoftonline.us/'],
  [
    'https://login.partner.microsoftonline.cn',
    'https://sts.chinacloudapi.cn/',
    'https://login.partner.microsoftonline.cn/',
  ],
])('the issuers of %s are pinned', (host, v1, v2) => {
  const authority = authorityAt(host);
  expect(authority.acceptsIssuer(`${v1}${TENANT}/`, TENANT, '1.0')).toBe(true);
  expect(authority.acceptsIssuer(`${v2}${TENANT}/v2.0`, TENANT, '2.0')).toBe(true);
  expect(authority.acceptsIssuer(`${v2}${TENANT}/v2.0`, TENANT, '1.0')).toBe(false);
  expect(authority.acceptsIssuer(`${v1}${TENANT}/`, TENANT, '2.0')).toBe(false);
  expect(authority.acceptsIssuer(`${v1}${OTHER}/`, TENANT, '1.0')).toBe(false);
  expect(authority.acceptsIssuer(`${v2}${TENANT}/v2.0/`, TENANT, '2.0')).toBe(false);
});

it.each([
  ['its own v2 issuer', `https://login.example.test/${TENANT}/v2.0`, true],
  ['its own v1 issuer', `https://login.example.test/${TENANT}/`, true],
  ['another tenant', `https://login.example.test/${OTHER}/v2.0`, false],
  ['the tenant inside another segment', `https://login.example.test/x${TENANT}/`, false],
  ['another origin', `https://attacker.example/${TENANT}/`, false],
  ['another port', `https://login.example.test:444/${TENANT}/`, false],
  ['a host that only begins like it', `https://login.example.test.attacker.example/${TENANT}/`, false],
  ['plain http', `http://login.example.test/${TENANT}/`, false],
])('J10: an unknown authority may name %s: %s is %s', (_name, issuer, accepted) => {
  expect(authorityAt('https://login.example.test').acceptsIssuer(issuer, TENANT, '2.0')).toBe(accepted);
});

it.each([
  ['http://login.microsoftonline.com'],
  ['https://login.microsoftonline.com/common'],
  ['https://user@login.example.test'],
  ['https://login.example.test/?x'],
  ['login.microsoftonline.com'],
  [''],
])('%j is no authority', (host) => {
  expect(resolveAuthority(host)).toBeUndefined();
});
