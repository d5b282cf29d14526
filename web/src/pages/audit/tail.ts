/** Following the log: one request at a time that waits for news, newest first on the page, and patience after a failure. */
import { useEffect, useState } from 'react';
import { answer, api } from '../../api/client.ts';
import type { AuditEvent } from './AuditPage.tsx';

const WAIT_S = 20;
const AGAIN_MS = 3_000;
const SHOWN = 200;
/** How far back the first look goes. */
const BEFORE = 20;

type Filter = { readonly actor?: string; readonly subject?: string; readonly what?: string };

export function useTail({ actor, subject, what }: Filter): {
  readonly items: readonly AuditEvent[];
  readonly error: unknown;
} {
  const [items, setItems] = useState<readonly AuditEvent[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const stop = new AbortController();
    setItems([]);
    void follow(
      { actor, subject, what },
      stop.signal,
      (more) => {
        setError(undefined);
        if (more.length > 0) setItems((old) => [...more.toReversed(), ...old].slice(0, SHOWN));
      },
      setError,
    );
    return () => stop.abort();
  }, [actor, subject, what]);
  return { items, error };
}

async function follow(
  filter: Filter,
  signal: AbortSignal,
  take: (more: readonly AuditEvent[]) => void,
  failed: (error: unknown) => void,
): Promise<void> {
  let after: number | undefined;
  while (!signal.aborted) {
    try {
      after ??= Math.max(0, (await answer(api.GET('/api/v1/audit/log', { signal }))).size - BEFORE);
      const query = { ...filter, after, waitS: WAIT_S };
      const { items, next } = await answer(api.GET('/api/v1/audit/tail', { params: { query }, signal }));
      if (signal.aborted) return;
      after = next;
      take(items);
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
