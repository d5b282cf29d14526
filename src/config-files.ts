/** The files that a configuration names, looked at as `up` will: what this finds good, it does not refuse. */
import { ConfigError } from '#core/errors.ts';
import { createTlsContext, readTlsMaterial } from '#mail/receive/tls.ts';
import type { Config } from './config.ts';
import { readPolicy } from './policy-file.ts';

/** One sentence for each mistake in the policy and the certificates. */
export async function fileComplaints(config: Config): Promise<readonly string[]> {
  const complaints = new Set<string>();
  const look = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const complaint of error.complaints) complaints.add(complaint);
    }
  };
  await look(() => readPolicy(config));
  for (const listener of config.listeners) {
    const settings = {
      ...listener,
      tlsCertFile: listener.tlsCertFile ?? config.tls.certificate,
      tlsKeyFile: listener.tlsKeyFile ?? config.tls.key,
    };
    await look(async () => {
      const material = await readTlsMaterial(settings);
      if (material !== undefined) createTlsContext(settings, material);
    });
  }
  return [...complaints];
}
