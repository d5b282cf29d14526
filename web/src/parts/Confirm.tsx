/** Asked before something that cannot be undone. Where much depends on it, its name has to be typed. */
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Reasoned } from './Reasoned.tsx';

type Props = {
  readonly opened: boolean;
  readonly title: string;
  readonly children: React.ReactNode;
  /** The word on the button that does it. */
  readonly does: string;
  readonly isHarmful?: boolean;
  /** Has to be typed first. */
  readonly typed?: string;
  readonly isBusy?: boolean;
  readonly onYes: () => void;
  readonly onClose: () => void;
};

export function Confirm(props: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <Question {...props} />
    </Modal>
  );
}

function Question({
  children,
  does,
  isHarmful = true,
  typed,
  isBusy,
  onYes,
  onClose,
}: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const isOpen = typed === undefined || text.trim() === typed;
  return (
    <Stack>
      <Text component="div">{children}</Text>
      {typed !== undefined && (
        <TextInput
          label={t('confirm.type', { word: typed })}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus={typed === undefined ? true : undefined}>
          {t('action.cancel')}
        </Button>
        <Reasoned
          color={isHarmful ? 'red.9' : undefined}
          loading={isBusy === true}
          reason={isOpen ? undefined : t('confirm.type', { word: typed ?? '' })}
          onClick={onYes}
        >
          {does}
        </Reasoned>
      </Group>
    </Stack>
  );
}
