// Which way is guessed where several could be meant: above all in a job, whose agent may be somebody itself.
import { describe, expect, it } from 'vitest';
import { AZURERM_NAMES, AZURE_NAMES } from '../../../cli/token/azure-variables.ts';
import { guessLogin } from '../../../cli/token/guess-login.ts';

const CONNECTION = {
  AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'x',
  SYSTEM_OIDCREQUESTURI: 'https://dev.azure.example',
};

describe('a service connection of a job', () => {
  it.each([
    // The webhook of workload identity, in the pod of an agent.
    { what: 'a workload', strays: { AZURE_CLIENT_ID: 'x', AZURE_FEDERATED_TOKEN_FILE: '/var/run/token' } },
    { what: 'a variable group', strays: { AZURE_CLIENT_ID: 'x', AZURE_CLIENT_SECRET: 'x' } },
    { what: 'a certificate', strays: { AZURE_CLIENT_CERTIFICATE_PATH: '/c.pem' } },
    { what: 'a managed identity', strays: { IDENTITY_ENDPOINT: 'http://127.0.0.1' } },
    { what: 'another pipeline', strays: { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x' } },
    { what: 'Terraform', strays: { ARM_CLIENT_SECRET: 'x' } },
  ])('comes before $what in its environment', ({ strays }) => {
    expect(guessLogin({ ...strays, ...CONNECTION }, AZURE_NAMES, {})).toEqual({
      login: 'azurepipelines',
      because: 'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID is set',
    });
  });

  it('comes after what a flag asks for', () => {
    const environment = { ...CONNECTION, ARM_CLIENT_SECRET: 'x' };
    expect(guessLogin(environment, AZURERM_NAMES, {}).login).toBe('spn');
    expect(guessLogin(environment, AZURE_NAMES, { federatedTokenFile: '/t' }).login).toBe('workloadidentity');
  });

  it('comes after a workload where nobody issues tokens of it, and counts for more than nothing then', () => {
    const { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID } = CONNECTION;
    const environment = { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID };
    expect(guessLogin({ ...environment, AZURE_FEDERATED_TOKEN_FILE: '/t' }, AZURE_NAMES, {}).login).toBe(
      'workloadidentity',
    );
    expect(guessLogin(environment, AZURE_NAMES, {}).login).toBe('azurepipelines');
  });
});
