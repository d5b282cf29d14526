/** An import is tried first and says what it would change; only then it is done. */
import { List as Bullets, Modal, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { View } from '../../parts/States.tsx';

type Mode = 'merge' | 'replace';
const send = (name: string, text: string, mode: Mode, dryRun: 'true' | 'false') =>
  answer(
    api.POST('/api/v1/domains/{name}/addresses/import', {
      params: { path: { name }, query: { mode, dryRun } },
      body: text,
      bodySerializer: (body) => body,
      headers: { 'content-type': 'text/csv' },
    }),
  );
const SHOWN = 10;

type Props = { readonly name: string; readonly file: File; readonly close: () => void };
export function ImportAddresses({ name, file, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [mode, setMode] = useState<Mode>('merge');
  const trial = useQuery({
    queryKey: ['import', name, file.name, file.size, file.lastModified, mode],
    queryFn: async () => await send(name, await file.text(), mode, 'true'),
    gcTime: 0,
  });
  const act = useAct({
    run: async () => await send(name, await file.text(), mode, 'false'),
    changes: ['addresses'],
    said: (done) => t('addresses.imported', { added: done.added.length, removed: done.removed.length }),
    after: close,
  });
  const changes = (trial.data?.added.length ?? 0) + (trial.data?.removed.length ?? 0);
  return (
    <Modal
      opened
      onClose={close}
      title={t('addresses.import-of', { file: file.name })}
      size="lg"
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <Stack>
        <SegmentedControl
          aria-label={t('addresses.mode')}
          value={mode}
          onChange={(value) => setMode(value === 'replace' ? 'replace' : 'merge')}
          data={[
            { value: 'merge', label: t('addresses.merge') },
            { value: 'replace', label: t('addresses.replace') },
          ]}
        />
        <View query={trial}>
          {(would) => (
            <Stack gap="xs">
              <Some title={t('addresses.would-add', { count: would.added.length })} list={would.added} />
              <Some
                title={t('addresses.would-remove', { count: would.removed.length })}
                list={would.removed}
              />
              <Text size="sm">{t('addresses.unchanged', { count: would.unchanged })}</Text>
            </Stack>
          )}
        </View>
        <Reasoned
          color={(trial.data?.removed.length ?? 0) > 0 ? 'red.9' : undefined}
          loading={act.isPending}
          reason={changes === 0 ? t('addresses.nothing') : undefined}
          onClick={() => act.mutate(undefined)}
        >
          {t('addresses.do-import')}
        </Reasoned>
      </Stack>
    </Modal>
  );
}

function Some({
  title,
  list,
}: {
  readonly title: string;
  readonly list: readonly string[];
}): React.JSX.Element {
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <Bullets size="sm">
        {list.slice(0, SHOWN).map((a) => (
          <Bullets.Item key={a}>{a}</Bullets.Item>
        ))}
        {list.length > SHOWN && <Bullets.Item>… +{list.length - SHOWN}</Bullets.Item>}
      </Bullets>
    </div>
  );
}
