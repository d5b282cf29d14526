/** Directories that recipients are looked up in: what is set, and what they answer. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark, type Tone } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { EditSource } from './EditSource.tsx';

const route = getRouteApi('/ldap-sources');
const LIMIT = 100;
const readSources = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/ldap-sources', { params: { query: { limit: LIMIT, cursor } } }));
export type Source = Awaited<ReturnType<typeof readSources>>['items'][number];
type Doing =
  | { readonly what: 'ask' | 'change' | 'remove'; readonly source: Source }
  | { readonly what: 'add' };

export function LdapPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/ldap-sources' });
  const [doing, setDoing] = useState<Doing>();
  const close = (): void => setDoing(undefined);
  const query = useQuery({ queryKey: ['ldap', cursor], queryFn: () => readSources(cursor) });
  return (
    <Page
      title={t('ldap.title')}
      lead={t('ldap.lead')}
      actions={<Button onClick={() => setDoing({ what: 'add' })}>{t('ldap.add')}</Button>}
    >
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('ldap.none')}>{t('ldap.none-lead')}</Empty>
          ) : (
            <Stack>
              <Rows rows={found.items} start={setDoing} />
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
      {doing?.what === 'add' && <EditSource source={undefined} close={close} />}
      {doing?.what === 'change' && <EditSource source={doing.source} close={close} />}
      {doing?.what === 'ask' && <Ask name={doing.source.name} close={close} />}
      <Remove name={doing?.what === 'remove' ? doing.source.name : undefined} close={close} />
    </Page>
  );
}

type RowsProps = { readonly rows: readonly Source[]; readonly start: (doing: Doing) => void };
function Rows({ rows, start }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const texts = { ask: 'ldap.do-ask', change: 'action.change', remove: 'action.remove' } as const;
  const mono = (text: string): React.JSX.Element => <span className="gate-mono">{text}</span>;
  const columns: readonly Column<Source>[] = [
    { head: t('ldap.name'), cell: (s) => <Text fw={600}>{s.name}</Text> },
    { head: t('ldap.url'), cell: (s) => mono(s.url) },
    { head: t('ldap.base-dn'), cell: (s) => mono(s.baseDn) },
    { head: t('ldap.filter'), cell: (s) => mono(s.filter) },
    {
      head: t('action.change'),
      isQuiet: true,
      align: 'right',
      cell: (source) => (
        <Group gap={4} justify="flex-end" wrap="nowrap">
          {(['ask', 'change', 'remove'] as const).map((what) => (
            <Button
              key={what}
              size="compact-xs"
              variant="default"
              onClick={() => start({ what, source })}
              aria-label={`${t(texts[what])}: ${source.name}`}
            >
              {t(texts[what])}
            </Button>
          ))}
        </Group>
      ),
    },
  ];
  return <List name={t('ldap.title')} rows={rows} keyOf={(s) => s.name} columns={columns} />;
}

const TONES = { known: 'good', unknown: 'plain', unavailable: 'bad' } as const satisfies Record<string, Tone>;

function Ask({ name, close }: { readonly name: string; readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const [address, setAddress] = useState('');
  const asking = useMutation({
    mutationFn: () =>
      answer(
        api.GET('/api/v1/ldap-sources/{name}/lookup', { params: { path: { name }, query: { address } } }),
      ),
  });
  return (
    <FormDialog
      opened
      title={t('ldap.ask-of', { name })}
      does={t('ldap.do-ask')}
      error={asking.error}
      isBusy={asking.isPending}
      onSend={() => asking.mutate()}
      onClose={close}
    >
      <TextInput
        label={t('ldap.address')}
        value={address}
        onChange={(e) => {
          setAddress(e.currentTarget.value);
          asking.reset();
        }}
        required
        data-autofocus
      />
      <div role="status">
        {asking.data !== undefined && (
          <Group gap="xs">
            <Mark tone={TONES[asking.data.answer]}>{t(`ldap-answer.${asking.data.answer}`)}</Mark>
            {asking.data.detail !== undefined && (
              <Text size="sm" lang="en">
                {asking.data.detail}
              </Text>
            )}
          </Group>
        )}
      </div>
    </FormDialog>
  );
}

type RemoveProps = { readonly name: string | undefined; readonly close: () => void };
function Remove({ name, close }: RemoveProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: (gone: string) =>
      answer(api.DELETE('/api/v1/ldap-sources/{name}', { params: { path: { name: gone } } })),
    changes: ['ldap'],
    said: (_done, gone) => t('ldap.removed', { name: gone }),
  });
  return (
    <Confirm
      opened={name !== undefined}
      title={t('ldap.remove-title', { name: name ?? '' })}
      does={t('action.remove')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (name !== undefined) act.mutate(name, { onSettled: close });
      }}
    >
      {t('ldap.remove-lead')}
    </Confirm>
  );
}
