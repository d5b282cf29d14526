/** One tenant as an operator sees it: state, numbers against limits, exports, and what can be done. */
import { Code, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { type Fact, Facts } from '../../parts/Facts.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { formatBytes } from '../../parts/words.ts';
import { Deletion } from './Deletion.tsx';
import { Exports } from './Exports.tsx';
import { TenantActs } from './TenantActs.tsx';
import { type Tenant, TENANT_TONES } from './TenantsPage.tsx';

const route = getRouteApi('/tenants/$id');
const readTenant = (id: string) => answer(api.GET('/api/v1/tenants/{id}', { params: { path: { id } } }));

export function TenantPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const query = useQuery({ queryKey: ['tenants', 'one', id], queryFn: () => readTenant(id) });
  return (
    <Page
      title={query.data?.name ?? t('tenants.one')}
      crumbs={[{ text: t('nav.tenants'), to: '/tenants' }]}
      actions={
        query.data !== undefined && query.data.state !== 'deleted' && <TenantActs tenant={query.data} />
      }
    >
      <View query={query}>
        {(tenant) => (
          <Stack gap="lg">
            <About tenant={tenant} />
            {tenant.state === 'active' && tenant.usage.lastSignInAt === null && (
              <FirstOfAll tenant={tenant} />
            )}
            <Limits tenant={tenant} />
            {tenant.state === 'active' || tenant.state === 'suspended' ? null : <Deletion id={id} />}
            <Exports id={id} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

/** A tenant that nobody has ever signed in to is a dead end until its first administrator has a link. */
function FirstOfAll({ tenant: { name } }: { readonly tenant: Tenant }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('tenants.first')}>
      <Text size="sm" mb="xs">
        {t('tenants.first-lead')}
      </Text>
      <Code block>{`gatehouse person add NAME@DOMAIN --role tenant-admin --tenant ${name}`}</Code>
    </Section>
  );
}

function About({ tenant: x }: { readonly tenant: Tenant }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const deletes: readonly Fact[] =
    x.deleteAfter === null ? [] : [[t('tenants.delete-after'), <When key="d" at={x.deleteAfter} />]];
  return (
    <Section title={t('tenants.about')}>
      <Facts
        facts={[
          [
            t('steer.state'),
            <span key="s">
              <Mark tone={TENANT_TONES[x.state]}>{t(`tenant-state.${x.state}`)}</Mark> {t('tenants.since')}{' '}
              <When at={x.stateAt} />
            </span>,
          ],
          ...deletes,
          [t('tenants.location'), x.location ?? t('tenants.anywhere')],
          [t('tenants.created'), <When key="c" at={x.createdAt} />],
          [t('tenants.queued'), number.format(x.usage.queued)],
          [t('tenants.held'), number.format(x.usage.held)],
          [
            t('tenants.last-sign-in'),
            x.usage.lastSignInAt === null ? '–' : <When key="l" at={x.usage.lastSignInAt} />,
          ],
          [t('tenants.counted'), x.usage.countedAt === null ? '–' : <When key="k" at={x.usage.countedAt} />],
        ]}
      />
    </Section>
  );
}

function Limits({ tenant: { quotas, usage } }: { readonly tenant: Tenant }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const plain = (n: number): string => number.format(n);
  const bytes = (n: number): string => formatBytes(n, i18n.language);
  const rows = [
    { name: t('quota.messagesPerDay'), used: usage.messagesToday, most: quotas.messagesPerDay, show: plain },
    { name: t('quota.storedBytes'), used: usage.storedBytes, most: quotas.storedBytes, show: bytes },
    { name: t('quota.people'), used: usage.people, most: quotas.people, show: plain },
    { name: t('quota.domains'), used: usage.domains, most: quotas.domains, show: plain },
  ];
  return (
    <Section title={t('tenants.limits')}>
      <Facts
        facts={rows.map(({ name, used, most, show }) => [
          name,
          <div key={name}>
            <Text size="sm">
              {most === undefined
                ? t('tenants.no-limit', { used: show(used) })
                : t('tenants.used', { used: show(used), most: show(most) })}
            </Text>
            {most !== undefined && (
              <Progress
                value={Math.min(100, most === 0 ? 100 : (100 * used) / most)}
                color={used >= most ? 'red.9' : 'cyan.8'}
                maw={320}
                aria-hidden="true"
              />
            )}
          </div>,
        ])}
      />
    </Section>
  );
}
