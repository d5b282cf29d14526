/** How many notices the reader has not seen, and the way to them. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { MOST_COUNTED, useIsPerson, useNoticeList } from '../pages/notices/notices.ts';
import { Icon } from './Icon.tsx';

export function Bell(): React.JSX.Element | null {
  const { t } = useTranslation();
  const isPerson = useIsPerson();
  const found = useNoticeList({ unseen: true, limit: MOST_COUNTED }).data;
  if (!isPerson) return null;
  const count = found?.items.length ?? 0;
  const name = count === 0 ? t('notices.title') : t('notices.bell', { count });
  return (
    <Button
      component={Link}
      to="/notices"
      variant={count === 0 ? 'default' : 'filled'}
      size="xs"
      px="xs"
      aria-label={name}
      title={name}
    >
      <Icon name="bell" />
      {count > 0 && (
        <span aria-hidden="true">
          &nbsp;{count}
          {found?.next === undefined ? '' : '+'}
        </span>
      )}
    </Button>
  );
}
