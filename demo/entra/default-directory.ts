// The cast of the demo: who and what a tenant of the double holds unless it is told otherwise.
import type { Directory, DirectoryGroup } from './directory.ts';
import { GITHUB_CREDENTIAL } from './identities/github.ts';
import { PIPELINES_CREDENTIAL } from './identities/pipelines.ts';

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
      redirectUris: ['http://localhost'],
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
    {
      displayName: 'azure pipelines',
      clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b03',
      objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a03',
      federatedCredentials: [PIPELINES_CREDENTIAL],
      groups: [DEVELOPERS.objectId],
      roles: ['Cluster.Connect'],
    },
    {
      displayName: 'github actions',
      clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b04',
      objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a04',
      federatedCredentials: [GITHUB_CREDENTIAL],
      groups: [DEVELOPERS.objectId],
      roles: ['Cluster.Connect'],
    },
    {
      displayName: 'build machine',
      clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b05',
      objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a05',
      managedIdentity: true,
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
