/** Opens a campaign over all privileged rights; its owner decides, and what is not decided by its end is removed. */
import { NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { formatSpan } from '../../parts/words.ts';

const DAY_S = 86_400;
const DAYS = [14, 7, 30] as const;
const MAX_OWNERS = 100;
const readPeople = () => answer(api.GET('/api/v1/people', { params: { query: { limit: MAX_OWNERS } } }));

export function OpenCampaign({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const people = useQuery({ queryKey: ['people', 'owners'], queryFn: readPeople }).data?.items ?? [];
  const [draft, setDraft] = useState({ name: '', owner: '', days: 14 });
  const change = (part: Partial<typeof draft>): void => setDraft({ ...draft, ...part });
  const open = useAct({
    run: ({ days, ...rest }: typeof draft) => {
      const endsAt = new Date(Date.now() + days * DAY_S * 1000).toISOString();
      return answer(api.POST('/api/v1/campaigns', { body: { ...rest, endsAt } }));
    },
    changes: ['campaigns'],
    said: () => t('campaigns.opened'),
    after: async ({ id }) => {
      close();
      await navigate({ to: '/campaigns/$id', params: { id } });
    },
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('campaigns.start')}
      does={t('campaigns.start')}
      error={open.error}
      isBusy={open.isPending}
      onSend={() => open.mutate(draft)}
      onClose={close}
    >
      <TextInput
        label={t('account.name')}
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        error={complaintAt(open.error, 'name')}
        required
      />
      <NativeSelect
        label={t('campaigns.owner')}
        description={t('campaigns.owner-help')}
        value={draft.owner}
        onChange={(e) => change({ owner: e.currentTarget.value })}
        data={['', ...people.map((p) => ({ value: p.id, label: `${p.name} (${p.email})` }))]}
        error={complaintAt(open.error, 'owner')}
        required
      />
      <NativeSelect
        label={t('campaigns.span')}
        value={String(draft.days)}
        onChange={(e) => change({ days: Number(e.currentTarget.value) })}
        data={DAYS.map((d) => ({ value: String(d), label: formatSpan(d * DAY_S, i18n.language) }))}
      />
    </FormDialog>
  );
}
