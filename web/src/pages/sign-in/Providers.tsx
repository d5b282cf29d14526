/** The OpenID providers of the organisation, each a button that leads there; nothing where there is none. */
import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';

const readProviders = () => answer(api.GET('/api/v1/sign-in/oidc'));

export function Providers(): React.JSX.Element | null {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['providers'], queryFn: readProviders, retry: false });
  // A list that could not be read leaves the other ways in, so that it is no mistake of this page.
  if (query.data === undefined || query.data.items.length === 0) return null;
  return (
    <Stack gap="xs">
      {query.data.items.map((p) => (
        <Button
          key={p.ref}
          component="a"
          variant="default"
          href={`/api/v1/sign-in/oidc/${encodeURIComponent(p.ref)}/start`}
        >
          {t('sign-in.provider', { name: p.label })}
        </Button>
      ))}
    </Stack>
  );
}
