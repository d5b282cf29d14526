import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../parts/Page.tsx';

export function NotFound(): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Page title={t('not-found.title')} lead={t('not-found.lead')}>
      <Anchor component={Link} to="/">
        {t('not-found.home')}
      </Anchor>
    </Page>
  );
}
