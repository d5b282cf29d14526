/** Changes what the tenant says of one setting, or lets it say nothing again. The API replaces all settings, so they are read first. */
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { word } from '../../parts/words.ts';
import type { Setting } from './SettingsPage.tsx';
import { parseSpan, parseSpans, printSpan } from './span.ts';

const isList = (s: Setting): boolean => Array.isArray(s.default);

function printed({ tenant, unit }: Setting): string {
  if (tenant === null) return '';
  if (unit === 'text') return String(tenant);
  return (Array.isArray(tenant) ? tenant : [tenant]).map((v) => printSpan(Number(v))).join(', ');
}

/** Undefined for what cannot be read; null for "says nothing". */
function parsed(setting: Setting, text: string): string | number | number[] | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (setting.unit === 'text') return trimmed;
  return isList(setting) ? parseSpans(trimmed) : parseSpan(trimmed);
}

export function EditSetting({
  setting,
  close,
}: {
  readonly setting: Setting;
  readonly close: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [text, setText] = useState(printed(setting));
  const [isBad, setBad] = useState(false);
  const name = word(t, 'setting', setting.name);
  const act = useAct({
    run: async (value: string | number | number[] | null) => {
      const before = await answer(api.GET('/api/v1/tenant-settings'));
      const { [setting.name as keyof typeof before]: _, ...others } = before;
      const body = value === null ? others : { ...others, [setting.name]: value };
      return await answer(api.PUT('/api/v1/tenant-settings', { body }));
    },
    changes: ['settings'],
    said: () => t('settings.changed', { name }),
    after: close,
    quiet: true,
  });
  const send = (): void => {
    const value = parsed(setting, text);
    setBad(value === undefined);
    if (value !== undefined) act.mutate(value);
  };
  return (
    <FormDialog
      opened
      title={name}
      does={t('action.save')}
      error={act.error}
      isBusy={act.isPending}
      onSend={send}
      onClose={close}
    >
      <TextInput
        label={name}
        description={
          setting.unit === 'seconds'
            ? t(isList(setting) ? 'settings.spans-help' : 'settings.span-help')
            : undefined
        }
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        error={isBad ? t('settings.no-span') : complaintAt(act.error, setting.name)}
        data-autofocus
      />
      {setting.tenant !== null && (
        <Button variant="default" onClick={() => act.mutate(null)} style={{ alignSelf: 'flex-start' }}>
          {t('settings.reset')}
        </Button>
      )}
    </FormDialog>
  );
}
