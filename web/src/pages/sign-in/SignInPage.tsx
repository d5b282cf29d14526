/** The way in: a passkey offered by the browser at once, or a password and then a second factor. */
import { Anchor, Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Failed } from '../../parts/States.tsx';
import { hasAutofill, hasPasskeys, signWithPasskey, stopWaiting } from '../../session/passkey.ts';
import { Outside } from '../../shell/Outside.tsx';
import { byPassword, type Came, useArrival } from './arrival.ts';
import { Providers } from './Providers.tsx';
import { SecondFactor } from './SecondFactor.tsx';

const route = getRouteApi('/sign-in');
const offer = () => answer(api.POST('/api/v1/sign-in/passkey/options'));
export function SignInPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { next } = route.useSearch();
  const { second, arrive } = useArrival(next);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const attempt = async (come: () => Promise<Came | undefined>): Promise<void> => {
    setError(null);
    setBusy(true);
    try {
      const came = await come();
      if (came !== undefined) await arrive(came);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    // The browser offers passkeys in the name field by itself; a failure there is nothing to trouble anybody with.
    void (async () => {
      if (!hasPasskeys() || !(await hasAutofill())) return;
      const came = await withPasskey(true).catch(() => undefined);
      if (came !== undefined) await arrive(came);
    })();
    return stopWaiting;
    // Once: the offer stands as long as the page does.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  if (second !== undefined)
    return (
      <Outside title={t('sign-in.second')}>
        <SecondFactor
          ticket={second.ticket}
          passkey={second.passkey}
          factors={second.factors}
          arrive={arrive}
        />
      </Outside>
    );
  return (
    <Outside title={t('sign-in.title')}>
      <Stack>
        {error !== null && <Failed error={error} />}
        {hasPasskeys() && (
          <>
            <Button size="md" loading={isBusy} onClick={() => void attempt(() => withPasskey(false))}>
              {t('sign-in.passkey')}
            </Button>
            <Divider label={t('sign-in.or')} styles={{ label: { color: 'var(--mantine-color-dimmed)' } }} />
          </>
        )}
        <Providers />
        <ByPassword isBusy={isBusy} send={(given) => void attempt(() => byPassword(given))} />
      </Stack>
    </Outside>
  );
}

async function withPasskey(isAutofill: boolean): Promise<Came | undefined> {
  const passkey = await signWithPasskey(await offer(), isAutofill);
  if (passkey === undefined) return undefined;
  // `as never`: the browser's own answer, in the form the server checks.
  return await answer(api.POST('/api/v1/sign-in/passkey', { body: { passkey: passkey as never } }));
}

type Given = { email: string; password: string; organisation?: string };
type ByPasswordProps = { readonly isBusy: boolean; readonly send: (given: Given) => void };
function ByPassword({ isBusy, send }: ByPasswordProps): React.JSX.Element {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [organisation, setOrganisation] = useState<string>();
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        send({
          email: email.trim(),
          password,
          ...(organisation ? { organisation: organisation.trim() } : {}),
        });
      }}
    >
      <Stack>
        <TextInput
          label={t('sign-in.email')}
          type="email"
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
          autoComplete="username webauthn"
          required
        />
        <PasswordInput
          label={t('sign-in.password')}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ 'aria-label': t('sign-in.show-password') }}
        />
        {organisation === undefined ? (
          <Anchor component="button" type="button" size="sm" onClick={() => setOrganisation('')} ta="left">
            {t('sign-in.other-organisation')}
          </Anchor>
        ) : (
          <TextInput
            label={t('sign-in.organisation')}
            value={organisation}
            onChange={(e) => setOrganisation(e.currentTarget.value)}
            autoComplete="organization"
          />
        )}
        <Button type="submit" variant="default" loading={isBusy}>
          {t('sign-in.submit')}
        </Button>
      </Stack>
    </form>
  );
}
