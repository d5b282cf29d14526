/** Shapes of replies that several resources share. Inputs are parsed by mail/directory/values.ts; replies are plain. */
import { z } from 'zod';

export const TLS = z.enum(['none', 'opportunistic', 'required', 'verified']);
export const HOP = {
  host: z.string(),
  port: z.int(),
  protocol: z.enum(['smtp', 'lmtp']),
  tls: TLS,
  fingerprints: z.array(z.string()),
  caPem: z.string().optional(),
};
export const MAY_USE = z.array(z.string());
