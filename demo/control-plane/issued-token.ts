// What a TokenRequest was answered with, whoever asked: this launcher itself, or kubectl for a cluster of somebody's own.
import { z } from 'zod';

export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

const answerSchema = z.object({
  status: z.object({ token: z.string().min(1), expirationTimestamp: z.iso.datetime() }),
});

/** The token of an answered TokenRequest (authentication.k8s.io/v1); undefined for anything else. */
export function parseIssuedToken(answer: unknown): IssuedToken | undefined {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { token, expirationTimestamp } = parsed.data.status;
  return { token, expiresAtMs: Date.parse(expirationTimestamp) };
}
