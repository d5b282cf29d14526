/** What an operator does to a tenant: suspend and resume, limits, place, and deletion in two steps. */
import { Button, Menu, NumberInput, SimpleGrid, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { mayOnPlatform, useStanding } from '../../session/session.ts';
import type { Tenant } from './TenantsPage.tsx';

type Act = 'suspend' | 'resume' | 'limits' | 'location' | 'delete';
type Props = { readonly tenant: Tenant; readonly close: () => void };

export function TenantActs({ tenant }: { readonly tenant: Tenant }): React.JSX.Element {
  const { t } = useTranslation();
  const standing = useStanding().data;
  const [act, setAct] = useState<Act>();
  const close = (): void => setAct(undefined);
  const isActive = tenant.state === 'active';
  return (
    <>
      <Button onClick={() => setAct(isActive ? 'suspend' : 'resume')}>
        {t(isActive ? 'tenants.suspend' : 'tenants.resume')}
      </Button>
      <Menu position="bottom-end" loop>
        <Menu.Target>
          <Button variant="default">
            {t('tenants.more')} <span aria-hidden="true">&nbsp;▾</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAct('limits')}>{t('tenants.change-limits')}</Menu.Item>
          <Menu.Item onClick={() => setAct('location')}>{t('tenants.change-location')}</Menu.Item>
          {tenant.state !== 'deleting' && mayOnPlatform(standing, 'tenant.delete') && (
            <Menu.Item onClick={() => setAct('delete')}>{t('tenants.delete')}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {act === 'suspend' && <Suspend tenant={tenant} close={close} />}
      <Resume tenant={tenant} opened={act === 'resume'} close={close} />
      {act === 'limits' && <Limits tenant={tenant} close={close} />}
      {act === 'location' && <Location tenant={tenant} close={close} />}
      {act === 'delete' && <Delete tenant={tenant} close={close} />}
    </>
  );
}

function Suspend({ tenant, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const act = useAct({
    run: () =>
      answer(
        api.POST('/api/v1/tenants/{id}/suspend', {
          params: { path: { id: tenant.id } },
          body: { reason },
        }),
      ),
    changes: ['tenants'],
    said: () => t('tenants.suspend-done', { name: tenant.name }),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('tenants.suspend-title', { name: tenant.name })}
      does={t('tenants.suspend')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(undefined)}
      onClose={close}
    >
      <Text>{t('tenants.suspend-lead')}</Text>
      <Textarea
        label={t('steer.reason')}
        description={t('tenants.reason-help')}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
        error={complaintAt(act.error, 'reason')}
        required
        data-autofocus
      />
    </FormDialog>
  );
}

function Resume({ tenant, opened, close }: Props & { readonly opened: boolean }): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: () => answer(api.POST('/api/v1/tenants/{id}/resume', { params: { path: { id: tenant.id } } })),
    changes: ['tenants'],
    said: () => t('tenants.resume-done', { name: tenant.name }),
  });
  return (
    <Confirm
      opened={opened}
      title={t('tenants.resume-title', { name: tenant.name })}
      does={t('tenants.resume')}
      isHarmful={false}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => act.mutate(undefined, { onSettled: close })}
    >
      {t('tenants.resume-lead')}
    </Confirm>
  );
}

const QUOTAS = ['messagesPerDay', 'storedBytes', 'people', 'domains'] as const;
type Draft = Readonly<Record<(typeof QUOTAS)[number], number | ''>>;
const MB = 1_000_000;

function Limits({ tenant, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>({
    messagesPerDay: tenant.quotas.messagesPerDay ?? '',
    storedBytes: tenant.quotas.storedBytes === undefined ? '' : tenant.quotas.storedBytes / MB,
    people: tenant.quotas.people ?? '',
    domains: tenant.quotas.domains ?? '',
  });
  const act = useAct({
    run: () => {
      const of = (n: number | ''): number | undefined => (n === '' ? undefined : n);
      const { storedBytes, ...counts } = draft;
      const body = {
        messagesPerDay: of(counts.messagesPerDay),
        people: of(counts.people),
        domains: of(counts.domains),
        storedBytes: storedBytes === '' ? undefined : Math.round(storedBytes * MB),
      };
      return answer(api.PUT('/api/v1/tenants/{id}/quota', { params: { path: { id: tenant.id } }, body }));
    },
    changes: ['tenants'],
    said: () => t('tenants.limits-done'),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('tenants.change-limits')}
      does={t('action.save')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(undefined)}
      onClose={close}
    >
      <Text>{t('tenants.limits-lead')}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {QUOTAS.map((q) => (
          <NumberInput
            key={q}
            label={q === 'storedBytes' ? t('tenants.megabytes') : t(`quota.${q}`)}
            value={draft[q]}
            onChange={(n) => setDraft({ ...draft, [q]: n === '' ? '' : Number(n) })}
            min={0}
            allowDecimal={q === 'storedBytes'}
            allowNegative={false}
            hideControls
            error={complaintAt(act.error, q)}
          />
        ))}
      </SimpleGrid>
    </FormDialog>
  );
}

function Location({ tenant, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [location, setLocation] = useState(tenant.location ?? '');
  const act = useAct({
    run: () =>
      answer(
        api.PUT('/api/v1/tenants/{id}/location', {
          params: { path: { id: tenant.id } },
          body: { location: location.trim() === '' ? null : location.trim() },
        }),
      ),
    changes: ['tenants'],
    said: () => t('tenants.location-done'),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('tenants.change-location')}
      does={t('action.save')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(undefined)}
      onClose={close}
    >
      <TextInput
        label={t('tenants.location')}
        description={t('tenants.location-help')}
        value={location}
        onChange={(e) => setLocation(e.currentTarget.value)}
        error={complaintAt(act.error, 'location')}
        data-autofocus
      />
    </FormDialog>
  );
}

const DAY_S = 86_400;

/** First how long it stays revocable, then the name: whoever sends this has said twice what it does. */
function Delete({ tenant, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [days, setDays] = useState<number | ''>(30);
  const [isSure, setSure] = useState(false);
  const act = useAct({
    run: () =>
      answer(
        api.POST('/api/v1/tenants/{id}/deletion', {
          params: { path: { id: tenant.id } },
          body: { name: tenant.name, ...(days === '' ? {} : { graceS: Math.round(days * DAY_S) }) },
        }),
      ),
    changes: ['tenants'],
    said: () => t('tenants.delete-done', { name: tenant.name }),
  });
  if (isSure)
    return (
      <Confirm
        opened
        title={t('tenants.delete-title', { name: tenant.name })}
        does={t('tenants.delete')}
        typed={tenant.name}
        isBusy={act.isPending}
        onClose={close}
        onYes={() => act.mutate(undefined, { onSettled: close })}
      >
        {t('tenants.delete-sure', { count: days === '' ? 0 : days })}
      </Confirm>
    );
  return (
    <FormDialog
      opened
      title={t('tenants.delete-title', { name: tenant.name })}
      does={t('tenants.go-on')}
      error={null}
      isBusy={false}
      onSend={() => setSure(days !== '')}
      onClose={close}
    >
      <Text>{t('tenants.delete-lead')}</Text>
      <NumberInput
        label={t('tenants.grace')}
        description={t('tenants.grace-help')}
        value={days}
        onChange={(n) => setDays(n === '' ? '' : Number(n))}
        min={0}
        max={366}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        required
        data-autofocus
      />
    </FormDialog>
  );
}
