// Who and what the stand-in's tenant holds: users, groups, applications, and the API that tokens are asked for.
// The defaults are the cast of the demo.

/** GUIDs in lower case throughout, as Entra writes them. */
export interface DirectoryUser {
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly objectId: string;
  /** Object ids of groups; more than 200 make an overage, as at Entra. */
  readonly groups: readonly string[];
}

export interface DirectoryGroup {
  readonly displayName: string;
  readonly objectId: string;
}

export interface DirectoryApp {
  readonly displayName: string;
  readonly clientId: string;
  /** Of its service principal in the tenant. */
  readonly objectId: string;
  /** Without one it is a public client: device code, no client credentials. */
  readonly secret?: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}

/** The registration that stands for the clusters: what `aud` names. */
export interface DirectoryApi {
  readonly clientId: string;
  readonly appIdUri: string;
  /** The registration's accessTokenAcceptedVersion: it decides, not the endpoint. */
  readonly tokenVersion: 1 | 2;
  readonly scope: string;
}

export interface Directory {
  readonly users: readonly DirectoryUser[];
  readonly groups: readonly DirectoryGroup[];
  readonly apps: readonly DirectoryApp[];
  readonly api: DirectoryApi;
}

const ADMINS: DirectoryGroup = {
  displayName: 'platform-admins',
  objectId: '6f1c0a52-93d4-4c6b-8a0e-2f5b7d9e1a01',
};
const DEVELOPERS: DirectoryGroup = {
  displayName: 'developers',
  objectId: '6f1c0a52-93d4-4c6b-8a0e-2f5b7d9e1a02',
};

export const DEFAULT_DIRECTORY: Directory = {
  groups: [ADMINS, DEVELOPERS],
  users: [
    {
      displayName: 'Alice Archer',
      userPrincipalName: 'alice@contoso.example',
      objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01',
      groups: [ADMINS.objectId],
    },
    {
      displayName: 'Bob Baker',
      userPrincipalName: 'bob@contoso.example',
      objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e02',
      groups: [DEVELOPERS.objectId],
    },
    {
      displayName: 'Mallory Moss',
      userPrincipalName: 'mallory@contoso.example',
      objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e03',
      groups: [],
    },
  ],
  apps: [
    {
      displayName: 'cluster-connect command line',
      clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b01',
      objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a01',
      groups: [],
      roles: [],
    },
    {
      displayName: 'deployment pipeline',
      clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b02',
      objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a02',
      secret: 'stand-in-secret-of-the-pipeline',
      groups: [DEVELOPERS.objectId],
      roles: ['Cluster.Connect'],
    },
  ],
  api: {
    clientId: '5a8b1f60-2e7d-4d39-a4c8-6b0e3f9d1c01',
    appIdUri: 'api://5a8b1f60-2e7d-4d39-a4c8-6b0e3f9d1c01',
    tokenVersion: 2,
    scope: 'user_impersonation',
  },
};

/** Finds by object id, user principal name, or the part of it before the `@`. @throws RangeError */
export function findUser(directory: Directory, who: string): DirectoryUser {
  const name = who.toLowerCase();
  const user = directory.users.find(
    ({ objectId, userPrincipalName }) =>
      objectId === name ||
      userPrincipalName.toLowerCase() === name ||
      userPrincipalName.toLowerCase().startsWith(`${name}@`),
  );
  if (user === undefined) throw new RangeError(`the directory has no user "${who}"`);
  return user;
}

/** Finds by client id, object id or display name. @throws RangeError */
export function findApp(directory: Directory, which: string): DirectoryApp {
  const app = directory.apps.find(
    ({ clientId, objectId, displayName }) =>
      clientId === which || objectId === which || displayName === which,
  );
  if (app === undefined) throw new RangeError(`the directory has no application "${which}"`);
  return app;
}
