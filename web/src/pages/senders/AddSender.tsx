/** Adds a network or a client certificate. Logins are made on the machine, where their password is made, too. */
import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';

type Props = {
  readonly kind: 'networks' | 'certificates';
  readonly opened: boolean;
  readonly close: () => void;
};
const EMPTY = { name: '', by: '', mayUse: '' };

export function AddSender({ kind, opened, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const act = useAct({
    run: async ({ name, by, mayUse: text }: typeof EMPTY): Promise<unknown> => {
      const mayUse = text.split(/[\s,]+/).filter((entry) => entry !== '');
      return kind === 'networks'
        ? await answer(api.POST('/api/v1/senders/networks', { body: { name, network: by, mayUse } }))
        : await answer(api.POST('/api/v1/senders/certificates', { body: { name, sha256: by, mayUse } }));
    },
    changes: ['senders'],
    said: (_done, { name }) => t('senders.added', { name }),
    after: () => {
      setDraft(EMPTY);
      close();
    },
    quiet: true,
  });
  return (
    <FormDialog
      opened={opened}
      title={t(`senders.add-${kind}`)}
      does={t(`senders.add-${kind}`)}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(draft)}
      onClose={() => {
        act.reset();
        close();
      }}
    >
      <TextInput
        label={t('senders.name')}
        value={draft.name}
        onChange={(e) => setDraft({ ...draft, name: e.currentTarget.value })}
        error={complaintAt(act.error, 'name')}
        required
        data-autofocus
      />
      <TextInput
        label={kind === 'networks' ? t('senders.network') : t('senders.sha256')}
        value={draft.by}
        onChange={(e) => setDraft({ ...draft, by: e.currentTarget.value })}
        error={complaintAt(act.error, kind === 'networks' ? 'network' : 'sha256')}
        placeholder={kind === 'networks' ? '192.0.2.0/24' : undefined}
        required
      />
      <Textarea
        label={t('senders.may-use')}
        description={t('senders.may-use-help')}
        value={draft.mayUse}
        onChange={(e) => setDraft({ ...draft, mayUse: e.currentTarget.value })}
        error={complaintAt(act.error, 'mayUse')}
        autosize
        minRows={2}
      />
    </FormDialog>
  );
}
