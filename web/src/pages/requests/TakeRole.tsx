/** A role taken at once, in an emergency: everybody who watches is told, and a review must follow before the next one. */
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { RoleDialog } from '../../parts/RoleDialog.tsx';

const DURATIONS_S = [3_600, 2 * 3_600, 4 * 3_600];

export function TakeRole({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <RoleDialog
      does={t('break-glass.take')}
      lead={t('break-glass.take-lead')}
      said={t('break-glass.taken')}
      durationsS={DURATIONS_S}
      run={(body) => answer(api.POST('/api/v1/break-glass', { body }))}
      changes={['break-glass', 'grants', 'session']}
      close={close}
    />
  );
}
