/** Who a person's id stands for, where the reader may know it; the bare id otherwise. */
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client.ts';
import { may, useStanding } from '../session/session.ts';

const readPerson = (id: string) => answer(api.GET('/api/v1/people/{id}', { params: { path: { id } } }));
const KEPT_MS = 5 * 60_000;

export function PersonName({ id }: { readonly id: string }): React.JSX.Element {
  const standing = useStanding().data;
  const self = standing?.kind === 'person' ? standing.session.person : undefined;
  const isOther = self !== undefined && self.id !== id;
  const found = useQuery({
    queryKey: ['people', 'name', id],
    queryFn: () => readPerson(id),
    enabled: isOther && may(standing, 'person.read'),
    staleTime: KEPT_MS,
  }).data;
  const person = self?.id === id ? self : found;
  if (person === undefined) return <span className="gate-mono">{id}</span>;
  return <span title={id}>{`${person.name} (${person.email})`}</span>;
}
