// The environment variables of Azure's tools: which there are, what they mean here, and in which order they are looked at.
// Names and meanings are kubelogin's (pkg/internal/env), so that whoever knows it finds what was set for it. Which of a
// flag and a variable wins is not: see commands/effective-sign-in.ts.

export type Environment = Readonly<Record<string, string | undefined>>;

/** For each value the names that may hold it; the first that is set counts, as with kubelogin. */
export interface VariableNames {
  readonly tenant: readonly string[];
  readonly clientId: readonly string[];
  readonly clientSecret: readonly string[];
  readonly certificatePath: readonly string[];
  readonly certificatePassword: readonly string[];
}

export const AZURE_NAMES: VariableNames = {
  tenant: ['AZURE_TENANT_ID'],
  clientId: ['AZURE_CLIENT_ID', 'AAD_SERVICE_PRINCIPAL_CLIENT_ID'],
  clientSecret: ['AZURE_CLIENT_SECRET', 'AAD_SERVICE_PRINCIPAL_CLIENT_SECRET'],
  certificatePath: ['AZURE_CLIENT_CERTIFICATE_PATH', 'AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE'],
  certificatePassword: [
    'AZURE_CLIENT_CERTIFICATE_PASSWORD',
    'AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE_PASSWORD',
  ],
};

/** Those of Terraform's provider, for --use-azurerm-env-vars; the others are not looked at then. */
export const AZURERM_NAMES: VariableNames = {
  tenant: ['ARM_TENANT_ID'],
  clientId: ['ARM_CLIENT_ID'],
  clientSecret: ['ARM_CLIENT_SECRET'],
  certificatePath: ['ARM_CLIENT_CERTIFICATE_PATH'],
  certificatePassword: ['ARM_CLIENT_CERTIFICATE_PASSWORD'],
};

/** A variable that is empty counts as one that is not there: CI systems set those for secrets that do not exist. */
export function firstSet(environment: Environment, names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
}

/** The name of the first that is set, for telling people. */
export function firstSetName(environment: Environment, names: readonly string[]): string | undefined {
  return names.find((name) => (environment[name] ?? '') !== '');
}

export const VARIABLES_HELP = `Environment variables, under kubelogin's names. Other than with kubelogin, where they win, a flag wins over its
variable here: what a kubeconfig says does not change with the shell that kubectl is called from.
  AZURE_TENANT_ID                       --tenant
  AZURE_CLIENT_ID, AAD_SERVICE_PRINCIPAL_CLIENT_ID
                                        --client-id
  AZURE_AUTHORITY_HOST                  --authority-host
  AZURE_CLIENT_SECRET, AAD_SERVICE_PRINCIPAL_CLIENT_SECRET
                                        spn: the secret; there is no flag for it
  AZURE_CLIENT_CERTIFICATE_PATH, AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE
                                        --client-certificate
  AZURE_CLIENT_CERTIFICATE_PASSWORD, AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE_PASSWORD
                                        its password; there is no flag for it
  AZURE_FEDERATED_TOKEN_FILE            --federated-token-file; read anew at each sign-in
  ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN
                                        workloadidentity: a GitHub job with permission id-token: write
  SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN
                                        azurepipelines: the job; map the second with env: SYSTEM_ACCESSTOKEN
  AZURESUBSCRIPTION_SERVICE_CONNECTION_ID, AZURESUBSCRIPTION_CLIENT_ID, AZURESUBSCRIPTION_TENANT_ID
                                        azurepipelines: where flags are not given, before AZURE_ variables
  IDENTITY_ENDPOINT, IDENTITY_HEADER    msi: App Service and its like; also MSI_ENDPOINT, MSI_SECRET, IMDS_ENDPOINT,
                                        IDENTITY_SERVER_THUMBPRINT, AZURE_POD_IDENTITY_AUTHORITY_HOST
  AZURE_CLI_TIMEOUT                     azurecli: how long az may take, such as 30s (default 60s)
  AZURE_CONFIG_DIR                      azurecli: where az keeps its accounts
  ARM_CLIENT_ID, ARM_CLIENT_SECRET, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD, ARM_TENANT_ID
                                        with --use-azurerm-env-vars, instead of AZURE_ and AAD_; they win over flags
  AAD_LOGIN_METHOD                      --login, and wins over it; the other variables win over their flags then,
                                        unless --disable-environment-override is given
  HTTPS_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS
  CLUSTER_CONNECT_CACHE_DIR, KUBECACHEDIR
                                        where tokens are kept; in a job of Azure Pipelines or GitHub its own
                                        AGENT_TEMPDIRECTORY or RUNNER_TEMP comes before KUBECACHEDIR and the home directory`;
