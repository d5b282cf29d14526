/** Why it was decided so: a sentence for each rule that spoke. */
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Story } from './story.ts';

export function Reasons({ because }: { readonly because: Story['because'] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <ul style={{ margin: 0, paddingInlineStart: '1.2rem' }}>
      {because.map((r) => (
        <li key={`${r.rule} ${r.text}`}>
          {r.text}{' '}
          <Text span size="sm" c="dimmed">
            {t('message.rule', { rule: r.rule })}
          </Text>
        </li>
      ))}
    </ul>
  );
}
