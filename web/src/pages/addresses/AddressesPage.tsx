/** The addresses we know in a domain: listed, single ones added and taken away (which can be undone), many imported. */
import { Button, FileButton, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { ImportAddresses } from './ImportAddresses.tsx';

const route = getRouteApi('/domains/$name/addresses');
const LIMIT = 200;
const readAddresses = (name: string, cursor: string | undefined) =>
  answer(
    api.GET('/api/v1/domains/{name}/addresses', {
      params: { path: { name }, query: { limit: LIMIT, cursor } },
    }),
  );

export function AddressesPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { name } = route.useParams();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/domains/$name/addresses' });
  const [removing, setRemoving] = useState<string>();
  const [file, setFile] = useState<File>();
  const query = useQuery({
    queryKey: ['addresses', name, cursor],
    queryFn: () => readAddresses(name, cursor),
  });
  const columns: readonly Column<string>[] = [
    { head: t('addresses.address'), cell: (a) => <span style={{ overflowWrap: 'anywhere' }}>{a}</span> },
    {
      head: t('action.remove'),
      isQuiet: true,
      align: 'right',
      cell: (a) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => setRemoving(a)}
          aria-label={`${t('action.remove')}: ${a}`}
        >
          {t('action.remove')}
        </Button>
      ),
    },
  ];
  return (
    <Page
      title={t('addresses.of', { name })}
      crumbs={[
        { text: t('nav.domains'), to: '/domains' },
        { text: name, to: `/domains/${name}` },
      ]}
      actions={
        <FileButton accept="text/csv,.csv,.txt" onChange={(chosen) => setFile(chosen ?? undefined)}>
          {(props) => (
            <Button {...props} variant="default">
              {t('addresses.import')}
            </Button>
          )}
        </FileButton>
      }
    >
      <AddOne name={name} />
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('addresses.none')}>{t('addresses.none-lead')}</Empty>
          ) : (
            <Stack>
              <List name={t('addresses.title')} rows={found.items} keyOf={(a) => a} columns={columns} />
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
      <RemoveOne name={name} address={removing} close={() => setRemoving(undefined)} />
      {file !== undefined && <ImportAddresses name={name} file={file} close={() => setFile(undefined)} />}
    </Page>
  );
}

const patch = (name: string, body: { add?: string[]; remove?: string[] }) =>
  answer(api.PATCH('/api/v1/domains/{name}/addresses', { params: { path: { name } }, body }));

function AddOne({ name }: { readonly name: string }): React.JSX.Element {
  const { t } = useTranslation();
  const [address, setAddress] = useState('');
  const act = useAct({
    run: (add: string) => patch(name, { add: [add] }),
    changes: ['addresses'],
    said: (done) =>
      done.added.length === 0 ? t('addresses.known') : t('addresses.added', { count: done.added.length }),
    after: () => setAddress(''),
  });
  return (
    <Section title={t('addresses.add')}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const local = address.trim();
          if (local !== '') act.mutate(local.includes('@') ? local : `${local}@${name}`);
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={t('addresses.address')}
            value={address}
            onChange={(e) => setAddress(e.currentTarget.value)}
            placeholder={`name@${name}`}
            w={340}
            maw="100%"
          />
          <Button type="submit" loading={act.isPending}>
            {t('action.add')}
          </Button>
        </Group>
      </form>
    </Section>
  );
}

type RemoveProps = {
  readonly name: string;
  readonly address: string | undefined;
  readonly close: () => void;
};
function RemoveOne({ name, address, close }: RemoveProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: (gone: string) => patch(name, { remove: [gone] }),
    changes: ['addresses'],
    said: (_done, gone) => t('addresses.removed', { address: gone }),
  });
  return (
    <Confirm
      opened={address !== undefined}
      title={t('addresses.remove-title')}
      does={t('action.remove')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (address !== undefined) act.mutate(address, { onSettled: close });
      }}
    >
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {address}
      </Text>
      <Text mt="xs">{t('addresses.remove-lead')}</Text>
    </Confirm>
  );
}
