/** Lets in whoever is known, sends everybody else to sign in first and back to where they wanted to go. */
import { Center, Loader } from '@mantine/core';
import { Navigate, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Failed } from '../parts/States.tsx';
import { useStanding } from './session.ts';

export function Door({ children }: { readonly children: React.ReactNode }): React.JSX.Element {
  const { t } = useTranslation();
  const { pathname, searchStr } = useLocation();
  const standing = useStanding();
  if (standing.isPending)
    return (
      <Center mih="100vh">
        <Loader role="status" aria-label={t('state.loading')} />
      </Center>
    );
  if (standing.isError)
    return (
      <Center mih="100vh" component="main">
        <Failed error={standing.error} retry={standing.refetch} />
      </Center>
    );
  if (standing.data.kind === 'nobody')
    return <Navigate to="/sign-in" search={{ next: `${pathname}${searchStr}` }} replace />;
  const isEnrolling = standing.data.kind === 'person' && standing.data.session.state === 'enrolling';
  if (isEnrolling && pathname !== '/account') return <Navigate to="/account" replace />;
  return <>{children}</>;
}
