/** A page that failed while it was drawn, or whose code did not arrive (a new version was installed meanwhile). */
import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Page } from '../parts/Page.tsx';

export function Broken(): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Page title={t('broken.title')} lead={t('broken.lead')}>
      <Group>
        <Button onClick={() => globalThis.location.reload()}>{t('broken.reload')}</Button>
      </Group>
    </Page>
  );
}
