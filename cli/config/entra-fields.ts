// The `entra` settings, the same for the gateway and the agent: each verifies every token by its own list.
import { z } from 'zod';
import { DEFAULT_AUTHORITY_HOST } from '../token/sign-in-request.ts';
import { guid, httpsOrigin, path, shortText } from './fields.ts';
import { settingNotes } from './setting-keys.ts';

const MAX_TENANTS = 100;
const MAX_AUDIENCES = 20;

export const entraFields = () =>
  z.strictObject({
    authorityHost: httpsOrigin()
      .default(DEFAULT_AUTHORITY_HOST)
      .register(settingNotes, { description: 'Where tokens come from; another one for a sovereign cloud.' }),
    tenants: z
      .array(guid())
      .min(1)
      .max(MAX_TENANTS)
      .register(settingNotes, { description: 'Tenant ids whose tokens are accepted.' }),
    audiences: z.array(shortText()).min(1).max(MAX_AUDIENCES).register(settingNotes, {
      description: "Accepted `aud` values: the API's client id and, for v1 tokens, its App ID URIs.",
    }),
    usernameClaim: z.enum(['oid', 'upn']).default('oid').register(settingNotes, {
      description: 'What becomes the Kubernetes user name; `upn` is the convention of Azure Arc.',
    }),
    groupsOverage: z.enum(['fail', 'without-groups']).default('fail').register(settingNotes, {
      description: 'A token with over 200 groups: refuse it, or go on without groups.',
    }),
    clockSkewSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(30)
      .register(settingNotes, { description: 'Tolerated difference of clocks, 0 to 60 seconds.' }),
    authorityCaFile: path().optional().register(settingNotes, {
      description: 'PEM file of an extra CA for the authority host, such as a TLS-inspecting proxy.',
      holds: 'certificates',
    }),
  });

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
