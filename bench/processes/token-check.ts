// The process of the token check: nothing else runs in it.
import { z } from 'zod';
import { measureTokenChecks } from '../token-check/index.ts';
import { entraSettingsSchema } from './entra-settings.ts';
import { serveParent } from './serve-parent.ts';

const measureSchema = z.object({
  entra: entraSettingsSchema,
  tokens: z.array(z.string()).min(2),
  popTokens: z.array(z.string()).min(2),
  popCluster: z.string(),
  rounds: z.int().min(1),
  checksPerRound: z.int().min(1),
});

serveParent({ measure: (params) => measureTokenChecks(measureSchema.parse(params)) });
