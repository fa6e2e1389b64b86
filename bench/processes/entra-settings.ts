// EntraSettings across the process border: one schema for gateway and agent.
import { z } from 'zod';

export const entraSettingsSchema = z.object({
  authorityHost: z.string(),
  authorityCa: z.string(),
  tenants: z.array(z.string()),
  audiences: z.array(z.string()),
  usernameClaim: z.enum(['oid', 'upn']),
  groupsOverage: z.enum(['fail', 'without-groups']),
  clockSkewSeconds: z.number(),
});
export type BenchEntraSettings = z.infer<typeof entraSettingsSchema>;
