/** Who may send through the gate: logins, networks, client certificates, pins of shared clouds. */
import { Tabs } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { SENDER_KINDS, SenderList } from './SenderList.tsx';

const route = getRouteApi('/senders');

export function SendersPage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/senders' });
  const kind = SENDER_KINDS.find((k) => k === asked.kind) ?? 'logins';
  return (
    <Page title={t('senders.title')} lead={t('senders.lead')}>
      <Tabs value={kind} onChange={(value) => void navigate({ search: { kind: value ?? 'logins' } })}>
        <Tabs.List>
          {SENDER_KINDS.map((k) => (
            <Tabs.Tab key={k} value={k}>
              {t(`senders.${k}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {SENDER_KINDS.map((k) => (
          <Tabs.Panel key={k} value={k} pt="md">
            {k === kind && <SenderList kind={k} />}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
