/** Above every page while somebody can read messages: the tenant's people are not left to find out. */
import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useOpenAccess } from '../pages/content/access.ts';
import { TextLink } from '../parts/TextLink.tsx';
import { When } from '../parts/When.tsx';

export function ContentBanner(): React.JSX.Element | null {
  const { t } = useTranslation();
  const open = useOpenAccess();
  const last = open
    .map((a) => a.expiresAt)
    .toSorted()
    .at(-1);
  if (last === undefined) return null;
  return (
    <Alert
      role="status"
      color="yellow"
      variant="default"
      bg="var(--gate-warn-ground)"
      c="var(--gate-warn)"
      styles={{ title: { color: 'inherit' }, message: { color: 'inherit' } }}
      mb="lg"
      title={t('content.banner', { count: open.length })}
    >
      {t('content.banner-until')} <When at={last} />.{' '}
      <TextLink to="/content" size="sm" c="inherit" td="underline">
        {t('content.banner-see')}
      </TextLink>
    </Alert>
  );
}
