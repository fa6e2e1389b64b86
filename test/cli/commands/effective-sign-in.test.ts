import { describe, expect, it } from 'vitest';
import { effectiveSignIn } from '../../../cli/commands/effective-sign-in.ts';
import type { SignInOptions } from '../../../cli/commands/sign-in-options.ts';
import { VARIABLES_HELP } from '../../../cli/token/azure-variables.ts';

const FLAG = '11111111-1111-1111-1111-111111111111';
const VARIABLE = '22222222-2222-2222-2222-222222222222';
const OTHER = '33333333-3333-3333-3333-333333333333';
const CONNECTION = 'abcdef44-4444-4444-4444-444444444444';

describe('the way to sign in, when it is left out', () => {
  it.each([
    { environment: {}, options: {}, login: 'devicecode', because: 'no variable of a pipeline' },
    {
      environment: { AZURE_CLIENT_SECRET: 'x' },
      options: {},
      login: 'spn',
      because: 'AZURE_CLIENT_SECRET is set',
    },
    {
      environment: { AAD_SERVICE_PRINCIPAL_CLIENT_SECRET: 'x' },
      options: {},
      login: 'spn',
      because: 'AAD_SERVICE_PRINCIPAL_CLIENT_SECRET is set',
    },
    {
      environment: { AZURE_CLIENT_CERTIFICATE_PATH: 'x', AZURE_FEDERATED_TOKEN_FILE: 'x' },
      options: {},
      login: 'spn',
      because: 'AZURE_CLIENT_CERTIFICATE_PATH is set',
    },
    {
      environment: {},
      options: { clientCertificate: '/c' },
      login: 'spn',
      because: 'a client certificate is given',
    },
    { environment: { AZURE_CLIENT_SECRET: '' }, options: {}, login: 'devicecode', because: 'no variable' },
    // Terraform's secret is none of ours unless it is asked for, and then Azure's is not.
    { environment: { ARM_CLIENT_SECRET: 'x' }, options: {}, login: 'devicecode', because: 'no variable' },
    {
      environment: { ARM_CLIENT_SECRET: 'x' },
      options: { useAzurermEnvVars: true },
      login: 'spn',
      because: 'ARM_CLIENT_SECRET is set',
    },
    {
      environment: { AZURE_CLIENT_SECRET: 'x' },
      options: { useAzurermEnvVars: true },
      login: 'devicecode',
      because: 'no',
    },
    {
      environment: { AZURE_FEDERATED_TOKEN_FILE: '/t', IDENTITY_ENDPOINT: 'http://x' },
      options: {},
      login: 'workloadidentity',
      because: 'AZURE_FEDERATED_TOKEN_FILE is set',
    },
    {
      environment: {},
      options: { federatedTokenFile: '/t' },
      login: 'workloadidentity',
      because: 'a federated token file is given',
    },
    {
      environment: { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'x', SYSTEM_OIDCREQUESTURI: 'x' },
      options: {},
      login: 'azurepipelines',
      because: 'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID is set',
    },
    {
      environment: {},
      options: { azurePipelinesServiceConnectionId: OTHER },
      login: 'azurepipelines',
      because: 'a service connection is given',
    },
    {
      environment: { ACTIONS_ID_TOKEN_REQUEST_URL: 'x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' },
      options: {},
      login: 'workloadidentity',
      because: 'ACTIONS_ID_TOKEN_REQUEST_URL is set',
    },
    // In a job nobody can enter a code: these say what is missing.
    { environment: { TF_BUILD: 'True' }, options: {}, login: 'azurepipelines', because: 'TF_BUILD is set' },
    {
      environment: { GITHUB_ACTIONS: 'true' },
      options: {},
      login: 'workloadidentity',
      because: 'GITHUB_ACTIONS is set',
    },
    {
      environment: { TF_BUILD: 'True', IDENTITY_ENDPOINT: 'x' },
      options: {},
      login: 'msi',
      because: 'IDENTITY_ENDPOINT is set',
    },
    {
      environment: {},
      options: { identityResourceId: '/x' },
      login: 'msi',
      because: 'the resource id of an identity is given',
    },
    {
      environment: {},
      options: { subscription: 'x' },
      login: 'azurecli',
      because: 'a subscription is given',
    },
    {
      environment: { AZURE_CLIENT_SECRET: 'x' },
      options: { redirectUrl: 'http://localhost/' },
      login: 'interactive',
      because: 'a redirect address is given',
    },
    { environment: { MSI_ENDPOINT: 'x' }, options: {}, login: 'msi', because: 'MSI_ENDPOINT is set' },
  ])('is $login for $environment $options', ({ environment, options, login, because }) => {
    const found = effectiveSignIn(options, environment);
    expect(found.login).toBe(login);
    expect(found.notice).toMatch(
      `cluster-connect: --login is left out: signing in with ${login}, because ${because}`,
    );
  });
});

describe('AAD_LOGIN_METHOD', () => {
  const environment = { AAD_LOGIN_METHOD: 'spn', AZURE_CLIENT_ID: VARIABLE, AZURE_TENANT_ID: 'b.example' };
  const flags: SignInOptions = { login: 'devicecode', clientId: FLAG, tenant: 'a.example' };

  it('wins over the kubeconfig, and its ids with it, and says so', () => {
    expect(effectiveSignIn(flags, environment)).toMatchObject({
      login: 'spn',
      loginFrom: 'AAD_LOGIN_METHOD',
      clientId: VARIABLE,
      tenant: 'b.example',
      notice: 'cluster-connect: signing in with spn instead of devicecode, because AAD_LOGIN_METHOD says so',
    });
    expect(effectiveSignIn({}, environment).notice).toBe(
      'cluster-connect: signing in with spn, because AAD_LOGIN_METHOD says so',
    );
    expect(effectiveSignIn({ login: 'spn' }, environment).notice).toBeUndefined();
  });

  it('leaves a flag where it is where no variable stands for it', () => {
    expect(effectiveSignIn(flags, { AAD_LOGIN_METHOD: 'spn' })).toMatchObject({
      clientId: FLAG,
      tenant: 'a.example',
    });
  });

  it('wins over nothing with --disable-environment-override', () => {
    const found = effectiveSignIn({ ...flags, disableEnvironmentOverride: true }, environment);
    expect(found).toMatchObject({ login: 'devicecode', clientId: FLAG, tenant: 'a.example' });
    expect(found.notice).toBeUndefined();
  });
});

describe('ids', () => {
  it('come from the flags, else from the variables, without AAD_LOGIN_METHOD', () => {
    const environment = {
      AZURE_CLIENT_ID: VARIABLE,
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/',
    };
    expect(effectiveSignIn({ login: 'spn', clientId: FLAG }, environment).clientId).toBe(FLAG);
    expect(effectiveSignIn({ login: 'spn' }, environment)).toMatchObject({
      clientId: VARIABLE,
      authorityHost: 'https://login.microsoftonline.us',
    });
    expect(
      effectiveSignIn({ login: 'spn' }, { ...environment, AAD_SERVICE_PRINCIPAL_CLIENT_ID: OTHER }).clientId,
    ).toBe(VARIABLE);
    expect(effectiveSignIn({ login: 'spn' }, { AAD_SERVICE_PRINCIPAL_CLIENT_ID: OTHER }).clientId).toBe(
      OTHER,
    );
  });

  it("are Terraform's with --use-azurerm-env-vars, before flags", () => {
    const environment = { AZURE_CLIENT_ID: VARIABLE, ARM_CLIENT_ID: OTHER, ARM_TENANT_ID: 'c.example' };
    expect(
      effectiveSignIn({ login: 'spn', clientId: FLAG, useAzurermEnvVars: true }, environment),
    ).toMatchObject({
      clientId: OTHER,
      tenant: 'c.example',
    });
  });

  describe('of a service connection', () => {
    const connection = {
      AZURESUBSCRIPTION_CLIENT_ID: OTHER,
      AZURESUBSCRIPTION_TENANT_ID: 'c.example',
      AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: CONNECTION.toUpperCase(),
    };
    const strays = { AZURE_CLIENT_ID: VARIABLE, AZURE_TENANT_ID: 'b.example' };
    const ofConnection = { clientId: OTHER, tenant: 'c.example' };
    const ofStrays = { clientId: VARIABLE, tenant: 'b.example' };

    it.each([
      { what: 'are taken', options: { login: 'azurepipelines' }, more: {}, ids: ofConnection },
      {
        what: "come before the agent's",
        options: { login: 'azurepipelines' },
        more: strays,
        ids: ofConnection,
      },
      {
        what: "come before the agent's where the way is guessed",
        options: {},
        more: { ...strays, AZURE_FEDERATED_TOKEN_FILE: '/t', SYSTEM_OIDCREQUESTURI: 'https://x' },
        ids: ofConnection,
      },
      {
        what: 'come first too where a flag names the same connection',
        options: { login: 'azurepipelines', azurePipelinesServiceConnectionId: CONNECTION },
        more: strays,
        ids: ofConnection,
      },
      {
        what: 'are not taken for those of another connection',
        options: { login: 'azurepipelines', azurePipelinesServiceConnectionId: FLAG },
        more: strays,
        ids: ofStrays,
      },
      {
        what: 'come after variables that AAD_LOGIN_METHOD asks for',
        options: {},
        more: { ...strays, AAD_LOGIN_METHOD: 'azurepipelines' },
        ids: ofStrays,
      },
      {
        what: 'come before them again with --disable-environment-override',
        options: { login: 'azurepipelines', disableEnvironmentOverride: true },
        more: { ...strays, AAD_LOGIN_METHOD: 'spn' },
        ids: ofConnection,
      },
      {
        what: 'come after a flag',
        options: { login: 'azurepipelines', clientId: FLAG },
        more: {},
        ids: { clientId: FLAG },
      },
      {
        what: 'are for azurepipelines only',
        options: { login: 'spn' },
        more: {},
        ids: { clientId: undefined },
      },
    ])('$what', ({ options, more, ids }) => {
      expect(effectiveSignIn(options, { ...connection, ...more })).toMatchObject(ids);
    });
  });

  it('are explained in --help as they are looked at: other than with kubelogin a flag wins', () => {
    expect(VARIABLES_HELP).toMatch(/Other than with kubelogin, where they win, a flag wins/);
  });

  it.each(['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_AUTHORITY_HOST'])(
    'that are none are named, and not repeated: %s',
    (name) => {
      expect(() => effectiveSignIn({ login: 'spn' }, { [name]: 'canary secret' })).toThrow(
        expect.objectContaining({ code: 'CC_ERR_CLI_USAGE', message: `${name} is not what it has to be` }),
      );
    },
  );
});
