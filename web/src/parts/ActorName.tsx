/** Who did something, as the log names it: people by name where the reader may know it, all others as they stand there. */
import { PersonName } from './PersonName.tsx';

const PERSON = /^(?:admin|employee|customer):([0-9a-f]{8}-[0-9a-f-]{27})$/;

export function ActorName({ actor }: { readonly actor: string }): React.JSX.Element {
  const id = PERSON.exec(actor)?.[1];
  return id === undefined ? <span className="gate-mono">{actor}</span> : <PersonName id={id} />;
}
