/** A dialog with fields: sent by Enter, mistakes beside the fields they belong to and above them all, closed when done. */
import { Button, Group, Modal, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Failed } from './States.tsx';

type Props = {
  readonly opened: boolean;
  readonly title: string;
  readonly does: string;
  readonly error: unknown;
  readonly isBusy: boolean;
  readonly onSend: () => void;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
};

export function FormDialog({
  opened,
  title,
  does,
  error,
  isBusy,
  onSend,
  onClose,
  children,
}: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          onSend();
        }}
      >
        <Stack>
          {error !== null && <Failed error={error} />}
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={isBusy}>
              {does}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
