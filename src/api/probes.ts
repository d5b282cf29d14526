/** For those who watch: is the process alive, can it do its work, and what does it count. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorChain } from '#core/errors.ts';
import type { Registry } from '#platform/metrics.ts';
import { mergeMetrics } from '#platform/metrics-merge.ts';

/** Answers `undefined` when the part can do its work, else a word on why not. Must not throw; if it does, that is a no. */
export type Probe = {
  readonly name: string;
  readonly check: () => Promise<string | undefined>;
  /** Its trouble is told, but we are ready all the same: what is watched stands outside and must not stop us. */
  readonly isAdvisory?: boolean;
};

const PROBE_MS = 2_000;

export const PROBE_PATHS = ['/healthz', '/readyz', '/metrics'] as const;

/** Metrics that are not in the registry when they are asked for: other processes', or read from the database. */
export type OtherMetrics = () => Promise<string>;

/** Whether somebody may see what is inside: the state of every part, and everything that is counted. */
export type MayLookInside = (request: FastifyRequest) => Promise<boolean>;

export type Watching = {
  readonly probes: readonly Probe[];
  readonly metrics: Registry;
  readonly others: OtherMetrics;
  readonly mayLookInside: MayLookInside;
};

export function addProbes(app: FastifyInstance, { probes, metrics, others, mayLookInside }: Watching): void {
  app.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', async (request, reply) => {
    const results = await Promise.all(probes.map(async (p) => [p, await askProbe(p)] as const));
    const ready = results.every(([p, why]) => why === undefined || p.isAdvisory === true);
    const body = Object.fromEntries(results.map(([p, why]) => [p.name, why ?? 'ok']));
    const told = (await mayLookInside(request)) ? { ready, parts: body } : { ready };
    return await reply.status(ready ? 200 : 503).send(told);
  });
  app.get('/metrics', async (request, reply) => {
    if (!(await mayLookInside(request)))
      return await reply.status(403).type('text/plain').send('not for everybody\n');
    const theirs = await others();
    return await reply.type('text/plain; version=0.0.4').send(mergeMetrics([metrics.text(), theirs]));
  });
}

/** Undefined when all is well; a probe that is late or throws is in trouble. */
export async function askProbe(probe: Probe): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${PROBE_MS} ms`), PROBE_MS);
  });
  try {
    return await Promise.race([probe.check(), late]);
  } catch (error) {
    return errorChain(error);
  } finally {
    clearTimeout(timer);
  }
}
