// What the double is started with, and what whoever started it may do with it.
import type { CertificateAuthority } from '../../gateway/pki/index.ts';
import type { BrowserPage } from './authorize/browser.ts';
import type { Directory } from './directory.ts';
import type { FederatedTokenRequest } from './identities/federated-issuer.ts';
import type { GithubRun } from './identities/github.ts';
import type { ManagedIdentity } from './identities/managed-identity.ts';
import type { PipelinesJob } from './identities/pipelines.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { Tenant } from './tenant.ts';

export interface TenantSettings {
  readonly tenantId?: string;
  readonly directory?: Partial<Directory>;
}

export interface EntraStandInOptions extends TenantSettings {
  /** Others beside the main one, each with keys of its own. */
  readonly otherTenants?: readonly TenantSettings[];
  /** 127.0.0.1 by default, and nothing else makes sense. */
  readonly host?: string;
  readonly port?: number;
  /** Of tokens from the token endpoint: 4500 by default. */
  readonly ttlSeconds?: number;
  /** What a client waits between two polls for a device code: 5 by default, as at Entra. */
  readonly pollIntervalSeconds?: number;
  /** Also refuses the very same client assertion a second time, which Entra does not. */
  readonly assertionsOnce?: boolean;
  /** The CA of its certificate; a new one by default. */
  readonly authority?: CertificateAuthority;
}

export interface EntraStandIn extends Pick<Tenant, 'tenantId' | 'directory' | 'issueToken' | 'rotateKeys'> {
  /** `https://127.0.0.1:<port>`. */
  readonly authorityHost: string;
  readonly caPem: string;
  /** All of them, the main one first. */
  readonly tenants: readonly Tenant[];
  /** What to put under `entra.audiences`: the API's client id and its App ID URI. */
  readonly audiences: readonly string[];
  /** What a client asks for: `<App ID URI>/.default`. */
  readonly scope: string;
  /** What a job of Azure Pipelines has, a workflow run of GitHub, and a machine of Azure. */
  readonly pipelines: PipelinesJob;
  readonly github: GithubRun;
  readonly managedIdentity: ManagedIdentity;
  /** `iss` of `issueFederatedToken`, for an application's federated credential. */
  readonly workloadIssuer: string;
  /** A token as a cluster's ServiceAccount has it: for AZURE_FEDERATED_TOKEN_FILE. */
  issueFederatedToken(request: FederatedTokenRequest): string;
  /** User codes of sign-ins that nobody has approved yet. */
  waitingDeviceCodes(): string[];
  /** @throws RangeError for an unknown code or user */
  approveDeviceCode(userCode: string, user: string): void;
  /** @throws RangeError for an unknown code */
  declineDeviceCode(userCode: string): void;
  /** Plays the browser of that person, or of one who cancels. @throws RangeError for a page of somebody else */
  browserSignIn(authorizeUrl: string, user: string | null): Promise<BrowserPage>;
  /** Does these things wrong from now on; undefined: all is well again. Answers that hang do so until the client goes. */
  misbehave(misbehaviour: Misbehaviour | undefined): void;
  /** Paths asked for since the start, oldest first; the last 1000. */
  requestedPaths(): readonly string[];
  close(): Promise<void>;
}
