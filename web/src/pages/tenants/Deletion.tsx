/** What the deletion of a tenant has destroyed so far. */
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api, ApiProblem } from '../../api/client.ts';
import { Facts } from '../../parts/Facts.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';

/** Null while nothing has been destroyed: the time of grace runs. */
async function readDeletion(id: string) {
  try {
    return await answer(api.GET('/api/v1/tenants/{id}/deletion', { params: { path: { id } } }));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

export function Deletion({ id }: { readonly id: string }): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['tenants', 'deletion', id], queryFn: () => readDeletion(id) });
  return (
    <Section title={t('tenants.deletion')}>
      <View query={query}>
        {(found) =>
          found === null ? (
            <Text>{t('tenants.grace-runs')}</Text>
          ) : (
            <Facts
              facts={[
                [t('tenants.began'), <When key="b" at={found.beganAt} />],
                [
                  t('tenants.key-gone'),
                  found.keyGoneAt === null ? '–' : <When key="k" at={found.keyGoneAt} />,
                ],
                [t('tenants.gone'), found.endedAt === null ? '–' : <When key="e" at={found.endedAt} />],
                [t('tenants.rows'), String(Object.values(found.rows).reduce((sum, n) => sum + n, 0))],
              ]}
            />
          )
        }
      </View>
    </Section>
  );
}
