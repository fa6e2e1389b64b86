import { resolve } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { checkModeOptions, modeArguments } from '../../../cli/commands/mode-options.ts';
import { addSignInOptions, checkSignInOptions } from '../../../cli/commands/sign-in-options.ts';

describe('the options of single ways to sign in', () => {
  it('come back as the arguments that they were, with files named from the root', () => {
    const options = checkModeOptions({
      clientCertificate: 'c.pem',
      federatedTokenFile: '/token',
      azurePipelinesServiceConnectionId: '7D1F3B58-4C2A-4E96-B0D7-9A6E2C8F5D05',
      identityResourceId: '/subscriptions/1/resourceGroups/a b/x',
      subscription: 'Pay-as-you-go (1)',
      redirectUrl: 'http://localhost:8080/back',
      loginHint: 'alice@contoso.example',
      useAzurermEnvVars: true,
      disableEnvironmentOverride: true,
    });
    expect(modeArguments(options)).toEqual([
      '--client-certificate',
      resolve('c.pem'),
      '--federated-token-file',
      '/token',
      '--azure-pipelines-service-connection-id',
      '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5d05',
      '--identity-resource-id',
      '/subscriptions/1/resourceGroups/a b/x',
      '--subscription',
      'Pay-as-you-go (1)',
      '--redirect-url',
      'http://localhost:8080/back',
      '--login-hint',
      'alice@contoso.example',
      '--use-azurerm-env-vars',
      '--disable-environment-override',
    ]);
    expect(modeArguments(checkModeOptions({}))).toEqual([]);
  });

  it.each([
    { clientCertificate: '' },
    { identityResourceId: 'x' },
    { identityResourceId: '/a&b' },
    { subscription: '' },
    { subscription: 'a"b' },
    { loginHint: 'a\nb' },
    ...[
      'https://localhost',
      'http://localhost:0',
      'http://localhost?a=b',
      'http://localhost#a',
      'http://10.0.0.1',
      'x',
    ].map((redirectUrl) => ({ redirectUrl })),
  ])('refuses %j', (options) => {
    expect(() => checkModeOptions(options)).toThrow(expect.objectContaining({ code: 'CC_ERR_CLI_USAGE' }));
  });
});

it("--tenant-id, kubelogin's name, is understood as --tenant and not advertised", () => {
  const command = addSignInOptions(new Command());
  command.parse(['--tenant-id', 'contoso.com'], { from: 'user' });
  expect(checkSignInOptions(command.opts())).toEqual({ tenant: 'contoso.com' });
  expect(command.helpInformation()).not.toContain('--tenant-id');
});
