/** Doing something: the write, what is read again after it, and what is said. */
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useProof } from '../session/Proof.tsx';
import { useNotices } from './Notices.tsx';

type Act<V, T> = {
  readonly run: (input: V) => Promise<T>;
  /** First words of the query keys that are read again. */
  readonly changes: readonly string[];
  readonly said: (result: T, input: V) => string;
  readonly after?: (result: T, input: V) => void | Promise<void>;
  /** The caller shows the mistake itself, at its fields. */
  readonly quiet?: boolean;
};

export function useAct<V, T>({
  run,
  changes,
  said,
  after,
  quiet,
}: Act<V, T>): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  const notices = useNotices();
  const withProof = useProof();
  return useMutation<T, Error, V>({
    mutationFn: (input) => withProof(() => run(input)),
    onSuccess: async (result, input) => {
      notices.done(said(result, input));
      // First away from what is gone, so that it is not asked for again.
      await after?.(result, input);
      await Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
    onError: (error) => {
      if (quiet !== true) notices.failed(error);
    },
  });
}
