/** Who holds a right: a person by name, a group by its id. */
import { PersonName } from './PersonName.tsx';

type Held = { readonly person: string | null; readonly group: string | null };

export function Holder({ grant: { person, group } }: { readonly grant: Held }): React.JSX.Element {
  if (person !== null) return <PersonName id={person} />;
  return <span className="gate-mono">{group ?? '–'}</span>;
}
