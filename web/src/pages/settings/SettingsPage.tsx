/** How the tenant's mail is delivered: each setting with what the product, the operator and the tenant say, and which counts. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { formatSpan, word } from '../../parts/words.ts';
import { EditSetting } from './EditSetting.tsx';

const readSettings = () => answer(api.GET('/api/v1/tenant-settings/origins'));
export type Setting = Awaited<ReturnType<typeof readSettings>>['items'][number];
type Value = Setting['tenant'];
const LAYERS = ['default', 'operator', 'tenant'] as const;

export function SettingsPage(): React.JSX.Element {
  const { t } = useTranslation();
  const [editing, setEditing] = useState<Setting>();
  const query = useQuery({ queryKey: ['settings'], queryFn: readSettings });
  return (
    <Page title={t('settings.title')} lead={t('settings.lead')}>
      <View query={query}>
        {({ items }) => (
          <Stack>
            {items.map((s) => (
              <One key={s.name} setting={s} edit={() => setEditing(s)} />
            ))}
          </Stack>
        )}
      </View>
      {editing !== undefined && <EditSetting setting={editing} close={() => setEditing(undefined)} />}
    </Page>
  );
}

function One({
  setting: s,
  edit,
}: {
  readonly setting: Setting;
  readonly edit: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const name = word(t, 'setting', s.name);
  return (
    <Section
      title={name}
      actions={
        <Button size="xs" variant="default" onClick={edit} aria-label={`${t('action.change')}: ${name}`}>
          {t('action.change')}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="xs">
        {word(t, 'setting-help', s.name)}
      </Text>
      <Stack gap={4} component="ul" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {LAYERS.map((layer) => {
          const counts = s.origin === layer;
          return (
            <Group key={layer} component="li" gap="sm" wrap="nowrap" align="baseline">
              <Text size="sm" w={110} c="dimmed">
                {t(`origin.${layer}`)}
              </Text>
              <Text
                size="sm"
                fw={counts ? 600 : 400}
                td={!counts && s[layer] !== null ? 'line-through' : undefined}
              >
                <Shown value={s[layer]} unit={s.unit} />
              </Text>
              {counts && <Mark tone="info">{t('settings.counts')}</Mark>}
            </Group>
          );
        })}
      </Stack>
    </Section>
  );
}

function Shown({
  value,
  unit,
}: {
  readonly value: Value;
  readonly unit: Setting['unit'];
}): React.JSX.Element {
  const { t, i18n } = useTranslation();
  if (value === null) return <>{t('settings.says-nothing')}</>;
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) return <>{t('settings.never')}</>;
  return (
    <>{list.map((v) => (unit === 'seconds' ? formatSpan(Number(v), i18n.language) : String(v))).join(', ')}</>
  );
}
