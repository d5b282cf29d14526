/** Something to be pasted elsewhere, with a button that copies it and says so. */
import { Button, CopyButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function Copy({ value, name }: { readonly value: string; readonly name: string }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <CopyButton value={value} timeout={2_500}>
      {({ copied, copy }) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={copy}
          aria-label={`${t('action.copy')}: ${name}`}
        >
          <span aria-live="polite">{copied ? t('action.copied') : t('action.copy')}</span>
        </Button>
      )}
    </CopyButton>
  );
}
