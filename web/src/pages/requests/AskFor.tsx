/** Asks for a role, for a task and a time. */
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { RoleDialog } from '../../parts/RoleDialog.tsx';

const DURATIONS_S = [3_600, 4 * 3_600, 86_400, 7 * 86_400, 30 * 86_400];

export function AskFor({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <RoleDialog
      does={t('requests.ask')}
      said={t('requests.asked')}
      durationsS={DURATIONS_S}
      run={(body) => answer(api.POST('/api/v1/requests', { body }))}
      changes={['requests']}
      after={({ id }) => navigate({ to: '/requests/$id', params: { id } })}
      close={close}
    />
  );
}
