/** The DKIM keys of a domain: what to publish, which sign, and making, using and putting them away. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Copy } from '../../parts/Copy.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Section } from '../../parts/Section.tsx';
import { Failed, Loading } from '../../parts/States.tsx';
import { word } from '../../parts/words.ts';

const readKeys = (domain: string) => answer(api.GET('/api/v1/dkim-keys', { params: { query: { domain } } }));
type Key = Awaited<ReturnType<typeof readKeys>>['items'][number];
type Step = 'use' | 'retire' | 'destroy';

export function DkimKeys({ name }: { readonly name: string }): React.JSX.Element {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<{ readonly key: Key; readonly step: Step }>();
  const query = useQuery({ queryKey: ['dkim', name], queryFn: () => readKeys(name) });
  const make = useAct({
    run: () => answer(api.POST('/api/v1/dkim-keys', { body: { domain: name } })),
    changes: ['dkim', 'domain-check'],
    said: (made) => t('dkim.made', { count: made.items.length }),
  });
  return (
    <Section
      title={t('dkim.title')}
      actions={
        <Button size="xs" variant="default" loading={make.isPending} onClick={() => make.mutate(undefined)}>
          {t('dkim.make')}
        </Button>
      }
    >
      {query.isPending && <Loading />}
      {query.isError && <Failed error={query.error} retry={query.refetch} />}
      {query.data?.items.length === 0 && <Text>{t('dkim.none')}</Text>}
      <Stack>
        {query.data?.items.map((key) => (
          <OneKey key={key.name} item={key} ask={(step) => setAsking({ key, step })} />
        ))}
      </Stack>
      <Ask asking={asking} close={() => setAsking(undefined)} />
    </Section>
  );
}

function OneKey({
  item,
  ask,
}: {
  readonly item: Key;
  readonly ask: (step: Step) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <Group gap="sm">
          <Text fw={600}>{item.selector}</Text>
          <Mark tone={toneOf(item.state)}>{word(t, 'dkim-state', item.state)}</Mark>
          <Text size="sm" c="dimmed">
            {item.algorithm}
          </Text>
        </Group>
        <Group gap="xs">
          <Reasoned
            size="compact-sm"
            variant="default"
            reason={item.state === 'published' ? undefined : t('dkim.not-published')}
            onClick={() => ask('use')}
          >
            {t('dkim.use')}
          </Reasoned>
          <Reasoned
            size="compact-sm"
            variant="default"
            reason={
              item.state === 'signing' || item.state === 'published' ? undefined : t('dkim.not-signing')
            }
            onClick={() => ask('retire')}
          >
            {t('dkim.retire')}
          </Reasoned>
          <Reasoned
            size="compact-sm"
            variant="default"
            reason={item.state === 'removed' ? t('dkim.gone') : undefined}
            onClick={() => ask('destroy')}
          >
            {t('dkim.destroy')}
          </Reasoned>
        </Group>
      </Group>
      <Text size="sm" c="dimmed" lang="en">
        {item.note}
      </Text>
      {item.state !== 'removed' && (
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Text className="gate-mono" lineClamp={2} style={{ flex: 1 }}>
            {item.zoneLine}
          </Text>
          <Copy value={item.zoneLine} name={item.name} />
        </Group>
      )}
    </Stack>
  );
}

type AskProps = {
  readonly asking: { readonly key: Key; readonly step: Step } | undefined;
  readonly close: () => void;
};
function Ask({ asking, close }: AskProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: async ({ key, step }: { readonly key: Key; readonly step: Step }): Promise<unknown> => {
      const params = { path: { domain: key.domain, selector: key.selector } };
      switch (step) {
        case 'use':
          return await answer(api.POST('/api/v1/dkim-keys/{domain}/{selector}/use', { params }));
        case 'retire':
          return await answer(api.POST('/api/v1/dkim-keys/{domain}/{selector}/retire', { params }));
        case 'destroy':
          return await answer(api.POST('/api/v1/dkim-keys/{domain}/{selector}/destroy', { params }));
      }
    },
    changes: ['dkim', 'domain-check'],
    said: (_done, { step }) => t(`dkim.${step}-done`),
  });
  const step = asking?.step ?? 'use';
  return (
    <Confirm
      opened={asking !== undefined}
      title={t(`dkim.${step}-title`, { selector: asking?.key.selector ?? '' })}
      does={t(`dkim.${step}`)}
      isHarmful={step !== 'use'}
      typed={step === 'destroy' ? asking?.key.selector : undefined}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (asking !== undefined) act.mutate(asking, { onSettled: close });
      }}
    >
      {t(`dkim.${step}-lead`)}
    </Confirm>
  );
}
