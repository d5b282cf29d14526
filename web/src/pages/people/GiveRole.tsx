/** Gives a person a role. Where the tenant demands a second person for that, it becomes a request. */
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { type RoleDraft, RoleDialog } from '../../parts/RoleDialog.tsx';

const DAY_S = 86_400;
const DURATIONS_S = [30 * DAY_S, 90 * DAY_S, 180 * DAY_S, 7 * DAY_S, DAY_S];

type Props = { readonly person: string; readonly close: () => void };
export function GiveRole({ person, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const give = ({ durationS, ...rest }: RoleDraft) => {
    const expiresAt = new Date(Date.now() + durationS * 1000).toISOString();
    return answer(api.POST('/api/v1/grants', { body: { ...rest, person, expiresAt } }));
  };
  return (
    <RoleDialog
      does={t('roles.give')}
      said={t('roles.given')}
      durationsS={DURATIONS_S}
      run={give}
      changes={['grants', 'requests']}
      after={async (made) => {
        const request: unknown = Reflect.get(made, 'request');
        if (typeof request === 'string') await navigate({ to: '/requests/$id', params: { id: request } });
      }}
      close={close}
    />
  );
}
