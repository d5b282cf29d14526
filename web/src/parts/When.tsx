/** A point in time: local in the reader's form, UTC on demand, machine-readable always. */
import { useTranslation } from 'react-i18next';
import { formatClock, formatDate } from './words.ts';

export function When({ at }: { readonly at: string | number }): React.JSX.Element {
  const { i18n } = useTranslation();
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()} className="gate-time">
      <span>{formatDate(date.getTime(), i18n.language)}</span>{' '}
      <span>{formatClock(date.getTime(), i18n.language)}</span>
    </time>
  );
}
