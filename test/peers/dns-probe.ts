/** Whether a DNS server answers at all, whatever it says. */
import { Resolver } from 'node:dns/promises';

export async function answersDns(host: string, port: number): Promise<boolean> {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`${host}:${port}`]);
  try {
    await resolver.resolve4('ready.invalid');
    return true;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EREFUSED';
  }
}
