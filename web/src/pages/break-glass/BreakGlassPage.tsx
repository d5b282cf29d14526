/** Roles that were taken in an emergency, each with its review: whoever has one to come takes no other. */
import { Button, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { PersonName } from '../../parts/PersonName.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';

const route = getRouteApi('/break-glass');
const LIMIT = 50;
const readTaken = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/break-glass', { params: { query: { cursor, limit: LIMIT } } }));
type Taken = Awaited<ReturnType<typeof readTaken>>['items'][number];

export function BreakGlassPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/break-glass' });
  const [reviewing, setReviewing] = useState<Taken>();
  const query = useQuery({ queryKey: ['break-glass', cursor], queryFn: () => readTaken(cursor) });
  return (
    <Page title={t('break-glass.title')} lead={t('break-glass.lead')}>
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('break-glass.none')} />
          ) : (
            <Stack>
              <Rows rows={found.items} review={setReviewing} />
              <Pages
                shown={found.items.length}
                isFirst={cursor === undefined}
                next={found.next}
                go={(to) => void navigate({ search: { cursor: to } })}
              />
            </Stack>
          )
        }
      </View>
      {reviewing !== undefined && <Review taken={reviewing} close={() => setReviewing(undefined)} />}
    </Page>
  );
}

type RowsProps = { readonly rows: readonly Taken[]; readonly review: (taken: Taken) => void };
function Rows({ rows, review }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Taken>[] = [
    { head: t('requests.requester'), cell: (b) => <PersonName id={b.person} /> },
    { head: t('requests.role'), cell: (b) => <Text fw={600}>{b.role}</Text> },
    { head: t('steer.reason'), cell: (b) => <Text size="sm">{b.reason}</Text> },
    { head: t('break-glass.at'), cell: (b) => <When at={b.at} /> },
    { head: t('steer.until'), cell: (b) => <When at={b.expiresAt} /> },
    {
      head: t('break-glass.review'),
      cell: (b) =>
        b.reviewedBy === null ? (
          <Button size="compact-xs" variant="default" onClick={() => review(b)}>
            {t('break-glass.do-review')}
          </Button>
        ) : (
          <>
            <Mark tone="good">{t('break-glass.reviewed')}</Mark> <PersonName id={b.reviewedBy} />
            <Text size="sm">{b.findings}</Text>
          </>
        ),
    },
  ];
  return <List name={t('break-glass.title')} rows={rows} keyOf={(b) => b.id} columns={columns} />;
}

type ReviewProps = { readonly taken: Taken; readonly close: () => void };
function Review({ taken: { id }, close }: ReviewProps): React.JSX.Element {
  const { t } = useTranslation();
  const [findings, setFindings] = useState('');
  const act = useAct({
    run: () =>
      answer(api.POST('/api/v1/break-glass/{id}/review', { params: { path: { id } }, body: { findings } })),
    changes: ['break-glass'],
    said: () => t('break-glass.review-done'),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('break-glass.do-review')}
      does={t('break-glass.do-review')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate()}
      onClose={close}
    >
      <Textarea
        label={t('break-glass.findings')}
        description={t('break-glass.findings-help')}
        value={findings}
        onChange={(e) => setFindings(e.currentTarget.value)}
        error={complaintAt(act.error, 'findings')}
        autosize
        minRows={3}
        required
      />
    </FormDialog>
  );
}
