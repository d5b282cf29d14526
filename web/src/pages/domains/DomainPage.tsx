/** One domain: how it is set up, what DNS says today, what to publish, its DKIM keys. */
import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { TextLink } from '../../parts/TextLink.tsx';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { DkimKeys } from './DkimKeys.tsx';
import { DnsCheck } from './DnsCheck.tsx';
import type { Domain } from './DomainsPage.tsx';

const route = getRouteApi('/domains/$name');
const readDomain = (name: string) =>
  answer(api.GET('/api/v1/domains/{name}', { params: { path: { name } } }));

export function DomainPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { name } = route.useParams();
  const [isRemoving, setRemoving] = useState(false);
  const query = useQuery({ queryKey: ['domains', 'one', name], queryFn: () => readDomain(name) });
  return (
    <Page
      title={name}
      crumbs={[{ text: t('nav.domains'), to: '/domains' }]}
      actions={
        query.data !== undefined && (
          <>
            <Button component={Link} to={`/domains/${name}/addresses`} variant="default">
              {t('addresses.title')}
            </Button>
            <Button color="red.9" onClick={() => setRemoving(true)}>
              {t('action.remove')}
            </Button>
          </>
        )
      }
    >
      <View query={query}>
        {(domain) => (
          <Stack gap="lg">
            <Setup domain={domain} />
            <DnsCheck name={name} />
            <DkimKeys name={name} />
          </Stack>
        )}
      </View>
      <RemoveDomain name={name} opened={isRemoving} close={() => setRemoving(false)} />
    </Page>
  );
}

function Setup({ domain: d }: { readonly domain: Domain }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('domain.setup')}>
      <Facts
        facts={[
          [
            t('domains.next-hop'),
            `${d.nextHop.host}:${d.nextHop.port} (${d.nextHop.protocol.toUpperCase()})`,
          ],
          [t('hop.tls'), t(`tls.${d.nextHop.tls}`)],
          [
            t('domains.recipients'),
            <span key="r">
              {t(`recipients.${d.recipients}`)}
              {d.recipients === 'list' && (
                <>
                  {' '}
                  <TextLink to="/domains/$name/addresses" params={{ name: d.name }}>
                    {t('addresses.title')}
                  </TextLink>
                </>
              )}
            </span>,
          ],
          [t('domains.subdomains'), d.subdomains ? t('word.yes') : t('word.no')],
          [t('domain.subaddress'), d.subaddress === '' ? t('word.none') : d.subaddress],
          [t('domain.case'), d.caseSensitive ? t('word.yes') : t('word.no')],
        ]}
      />
    </Section>
  );
}

type RemoveProps = { readonly name: string; readonly opened: boolean; readonly close: () => void };
function RemoveDomain({ name, opened, close }: RemoveProps): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const act = useAct({
    run: () => answer(api.DELETE('/api/v1/domains/{name}', { params: { path: { name } } })),
    changes: ['domains'],
    said: () => t('domain.removed', { name }),
    after: () => navigate({ to: '/domains' }),
  });
  return (
    <Confirm
      opened={opened}
      title={t('domain.remove-title', { name })}
      does={t('action.remove')}
      typed={name}
      isBusy={act.isPending}
      onYes={() => act.mutate(undefined, { onSettled: close })}
      onClose={close}
    >
      <Text>{t('domain.remove-lead')}</Text>
    </Confirm>
  );
}
