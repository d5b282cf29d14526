/** A new password; every other session ends with it. */
import { Button, PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { Section } from '../../parts/Section.tsx';

export function Password({ hasOne }: { readonly hasOne: boolean }): React.JSX.Element {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <Section
      title={t('sign-in.password')}
      actions={
        <Button size="xs" variant="default" onClick={() => setOpen(true)}>
          {hasOne ? t('account.change-password') : t('account.set-password')}
        </Button>
      }
    >
      <Text size="sm">{hasOne ? t('account.has-password') : t('account.has-no-password')}</Text>
      {isOpen && <Change close={() => setOpen(false)} />}
    </Section>
  );
}

function Change({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const change = useAct({
    run: (wanted: string) => answer(api.PUT('/api/v1/account/password', { body: { password: wanted } })),
    changes: ['factors', 'sessions', 'session'],
    said: () => t('account.password-set'),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('account.change-password')}
      does={t('action.save')}
      error={change.error}
      isBusy={change.isPending}
      onSend={() => change.mutate(password)}
      onClose={close}
    >
      <PasswordInput
        label={t('account.new-password')}
        description={t('account.password-help')}
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
        autoComplete="new-password"
        required
        data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': t('sign-in.show-password') }}
      />
    </FormDialog>
  );
}
