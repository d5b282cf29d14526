/** The second step: a passkey, a code of the app, or a recovery code. */
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Failed } from '../../parts/States.tsx';
import { hasPasskeys, signWithPasskey } from '../../session/passkey.ts';
import type { Came } from './arrival.ts';

type Props = {
  readonly ticket: string;
  readonly passkey: { readonly challenge: string } | undefined;
  readonly factors: { readonly totp: number; readonly recoveryCodes: number };
  readonly arrive: (came: Came) => Promise<void>;
};

export function SecondFactor({ ticket, passkey: offered, factors, arrive }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const send = async (proof: { code: string } | { passkey: never }): Promise<void> => {
    setBusy(true);
    try {
      await arrive(await answer(api.POST('/api/v1/sign-in/second-factor', { body: { ticket, ...proof } })));
    } catch (failure) {
      setError(failure);
      setCode('');
    } finally {
      setBusy(false);
    }
  };
  const withPasskey = async (): Promise<void> => {
    const passkey = offered === undefined ? undefined : await signWithPasskey(offered);
    // `as never`: the browser's own answer, in the form the server checks.
    if (passkey !== undefined) await send({ passkey: passkey as never });
  };
  return (
    <Stack>
      {error !== null && <Failed error={error} />}
      {offered !== undefined && hasPasskeys() && (
        <Button loading={isBusy} onClick={() => void withPasskey()}>
          {t('sign-in.passkey')}
        </Button>
      )}
      {(factors.totp > 0 || factors.recoveryCodes > 0) && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void send({ code: code.trim() });
          }}
        >
          <Stack>
            <TextInput
              label={t('sign-in.code')}
              description={factors.recoveryCodes > 0 ? t('sign-in.code-help') : undefined}
              value={code}
              onChange={(e) => setCode(e.currentTarget.value)}
              autoComplete="one-time-code"
              data-autofocus
              autoFocus
              required
            />
            <Button type="submit" variant={offered === undefined ? 'filled' : 'default'} loading={isBusy}>
              {t('sign-in.confirm')}
            </Button>
          </Stack>
        </form>
      )}
      <Text size="sm" c="dimmed">
        {t('sign-in.lost')}
      </Text>
    </Stack>
  );
}
