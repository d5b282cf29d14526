/** A link that works once, shown once: to be handed to the person by a way that is safe. */
import { Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Copy } from '../../parts/Copy.tsx';
import { When } from '../../parts/When.tsx';

export type OneTimeLink = { readonly url: string; readonly expiresAt: string };

type Props = { readonly link: OneTimeLink | undefined; readonly close: () => void };
export function LinkDialog({ link, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Modal
      opened={link !== undefined}
      onClose={close}
      title={t('people.link')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      {link !== undefined && (
        <Stack>
          <Text>{t('people.link-lead')}</Text>
          <Text className="gate-mono">{link.url}</Text>
          <Text size="sm" c="dimmed" component="div">
            {t('people.link-until')} <When at={link.expiresAt} />
          </Text>
          <Copy value={link.url} name={t('people.link')} />
        </Stack>
      )}
    </Modal>
  );
}
