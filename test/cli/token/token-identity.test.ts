import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AZURE_NAMES } from '../../../cli/token/azure-variables.ts';
import { tokenIdentity } from '../../../cli/token/token-identity.ts';
import type { IdentityRequest } from '../../../cli/token/token-identity.ts';
import { temporaryDirectory } from '../run-command.ts';

const REQUEST: IdentityRequest = {
  authorityHost: 'https://a.example',
  tenant: 't',
  clientId: 'c',
  scope: 's',
  environment: { AZURE_CLIENT_SECRET: 'secret' },
  variableNames: AZURE_NAMES,
};
const identity = (mode: string, change: Partial<IdentityRequest> = {}): string =>
  JSON.stringify(tokenIdentity(mode, { ...REQUEST, ...change }));

it('differs with everything that shapes the token', () => {
  const azure = temporaryDirectory();
  writeFileSync(join(azure, 'azureProfile.json'), '{}');
  const others = [
    identity('spn'),
    identity('devicecode'),
    ...(['authorityHost', 'tenant', 'clientId', 'scope'] as const).map((name) =>
      identity('spn', { [name]: 'other' }),
    ),
    identity('spn', { clientId: 'cs', scope: '' }),
    identity('spn', { environment: { AZURE_CLIENT_SECRET: 'another' } }),
    identity('devicecode', { loginHint: 'alice@a.example' }),
    identity('devicecode', { loginHint: 'bob@a.example' }),
    identity('interactive'),
    identity('interactive', { loginHint: 'alice@a.example' }),
    identity('spn', { boundTo: { thumbprint: 'k', requestConfirmation: 'r' } }),
    identity('azurepipelines'),
    identity('azurepipelines', { serviceConnectionId: 'x' }),
    identity('azurepipelines', { environment: { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'y' } }),
    identity('msi'),
    identity('msi', { identityResourceId: '/subscriptions/x' }),
    identity('msi', { environment: { IDENTITY_ENDPOINT: 'http://localhost/' } }),
    identity('azurecli', { environment: { AZURE_CONFIG_DIR: join(azure, 'none') } }),
    identity('azurecli', { environment: { AZURE_CONFIG_DIR: azure } }),
    identity('azurecli', { environment: { AZURE_CONFIG_DIR: azure }, subscription: 'x' }),
  ];
  expect(new Set(others).size).toBe(others.length);
});

it('is the same in every spelling of a GUID', () => {
  expect(identity('spn', { tenant: 'AB', clientId: 'CD' })).toBe(
    identity('spn', { tenant: 'ab', clientId: 'cd' }),
  );
});

it('is of one certificate and one password, and holds neither them nor a secret', () => {
  const [file, copy] = ['certificate', 'copy'].map((name) => join(temporaryDirectory(), name));
  if (file === undefined || copy === undefined) throw new TypeError('there is no name');
  const now = (clientCertificate: string, password = ''): string =>
    identity('spn', {
      clientCertificate,
      environment: { AZURE_CLIENT_SECRET: 'canary', AZURE_CLIENT_CERTIFICATE_PASSWORD: password },
    });
  writeFileSync(file, 'canary one');
  writeFileSync(copy, 'canary one');
  const first = now(file);
  expect(now(copy)).toBe(first);
  expect(now(file, 'canary')).not.toBe(first);
  writeFileSync(file, 'canary two');
  expect(now(file)).not.toBe(first);
  expect([first, now(file, 'canary'), identity('spn')].join()).not.toMatch(/canary|secret/);
});

it('is of nobody while the certificate cannot be read', () => {
  const clientCertificate = join(temporaryDirectory(), 'none');
  expect(identity('spn', { clientCertificate })).not.toBe(identity('spn', { clientCertificate }));
});

it('changes when somebody else signs in to the Azure CLI', () => {
  const azure = join(temporaryDirectory(), 'azure');
  mkdirSync(azure);
  const now = (): string => identity('azurecli', { environment: { AZURE_CONFIG_DIR: azure } });
  const seen = [now()];
  for (const who of ['alice', 'bob']) {
    writeFileSync(join(azure, 'azureProfile.json'), who);
    seen.push(now());
  }
  expect(new Set(seen).size).toBe(3);
});
