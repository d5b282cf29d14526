/**
 * Sensitive acts ask for a fresh proof of both factors. `useProof` runs an act; when the server wants the proof first, the dialog
 * asks for it and the act is sent again.
 */
import { Button, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ApiProblem } from '../api/client.ts';
import { Failed, Loading } from '../parts/States.tsx';
import { hasPasskeys, signWithPasskey } from './passkey.ts';

type Ask = () => Promise<boolean>;
const Context = createContext<Ask>(() => Promise.resolve(false));

export function useProof(): <T>(act: () => Promise<T>) => Promise<T> {
  const ask = useContext(Context);
  return useCallback(
    async (act) => {
      try {
        return await act();
      } catch (error) {
        const isAsked = error instanceof ApiProblem && error.type === 'step-up-required';
        if (!isAsked || !(await ask())) throw error;
        return await act();
      }
    },
    [ask],
  );
}

export function Proofs({ children }: { readonly children: React.ReactNode }): React.JSX.Element {
  const { t } = useTranslation();
  const [waiting, setWaiting] = useState<(isProved: boolean) => void>();
  const ask = useCallback<Ask>(() => new Promise((resolve) => setWaiting(() => resolve)), []);
  const end = (isProved: boolean): void => {
    waiting?.(isProved);
    setWaiting(undefined);
  };
  return (
    <Context value={ask}>
      {children}
      <Modal
        opened={waiting !== undefined}
        onClose={() => end(false)}
        title={t('proof.title')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
        zIndex={400}
      >
        <Prove done={() => end(true)} />
      </Modal>
    </Context>
  );
}

const readProof = () => answer(api.GET('/api/v1/session/proof'));
type Given = { readonly passkey?: unknown; readonly password?: string; readonly code?: string };

function Prove({ done }: { readonly done: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const ways = useQuery({ queryKey: ['proof'], queryFn: readProof, gcTime: 0, staleTime: 0 });
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const send = async (given: Given): Promise<void> => {
    setBusy(true);
    try {
      // `as never`: the passkey comes from the browser's own function, in the form the server checks.
      await answer(api.POST('/api/v1/session/proof', { body: given as never }));
      done();
    } catch (failure) {
      setError(failure);
      await ways.refetch(); // a challenge is good once
    } finally {
      setBusy(false);
    }
  };
  const withPasskey = async (): Promise<void> => {
    const offered = ways.data?.passkey;
    if (offered === undefined) return;
    const passkey = await signWithPasskey(offered);
    if (passkey !== undefined) await send({ passkey });
  };
  if (ways.isPending) return <Loading />;
  if (ways.isError) return <Failed error={ways.error} retry={ways.refetch} />;
  return (
    <Stack>
      <Text>{t('proof.lead')}</Text>
      {error !== null && <Failed error={error} />}
      {ways.data.passkey !== undefined && hasPasskeys() && (
        <Button onClick={() => void withPasskey()} loading={isBusy} data-autofocus>
          {t('sign-in.passkey')}
        </Button>
      )}
      {ways.data.factors.password && (
        <ByPassword
          needsCode={ways.data.factors.totp > 0}
          isBusy={isBusy}
          send={(given) => void send(given)}
        />
      )}
    </Stack>
  );
}

type ByPasswordProps = {
  readonly needsCode: boolean;
  readonly isBusy: boolean;
  readonly send: (given: Given) => void;
};
function ByPassword({ needsCode, isBusy, send }: ByPasswordProps): React.JSX.Element {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        send({ password, ...(code === '' ? {} : { code: code.trim() }) });
      }}
    >
      <Stack>
        <PasswordInput
          label={t('sign-in.password')}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ 'aria-label': t('sign-in.show-password') }}
        />
        {needsCode && (
          <TextInput
            label={t('sign-in.code')}
            value={code}
            onChange={(e) => setCode(e.currentTarget.value)}
            autoComplete="one-time-code"
            inputMode="numeric"
            required
          />
        )}
        <Button type="submit" variant="default" loading={isBusy}>
          {t('proof.password')}
        </Button>
      </Stack>
    </form>
  );
}
