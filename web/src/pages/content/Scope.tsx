/** What may be read, in words: one message, or those that a search finds. */
import { useTranslation } from 'react-i18next';
import { TextLink } from '../../parts/TextLink.tsx';
import { formatClock, formatDate } from '../../parts/words.ts';
import { searchIn } from './scope-of.ts';

type Props = { readonly message: string | null; readonly search: unknown };

export function Scope({ message, search }: Props): React.JSX.Element {
  const { t, i18n } = useTranslation();
  if (message !== null)
    return (
      <TextLink to="/messages/$id" params={{ id: message }} size="sm">
        {t('content.one-message')}
      </TextLink>
    );
  const { sender, recipient, sinceMs, untilMs } = searchIn(search);
  const time = (ms: number): string => `${formatDate(ms, i18n.language)} ${formatClock(ms, i18n.language)}`;
  return (
    <span>
      {[
        t('content.search'),
        ...(sender === undefined ? [] : [t('content.sender', { address: sender })]),
        ...(recipient === undefined ? [] : [t('content.recipient', { address: recipient })]),
        ...(sinceMs === undefined || untilMs === undefined
          ? []
          : [t('content.span', { from: time(sinceMs), until: time(untilMs) })]),
      ].join(', ')}
    </span>
  );
}
