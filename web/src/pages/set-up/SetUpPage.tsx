/**
 * The first start: the first administrator with a factor, the first domain with what DNS should say. Opened by the link that the
 * gate printed on its terminal; its token stands behind the # of the address.
 */
import { Button, Code, NativeSelect, Stack, Stepper, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { LANGUAGE_NAMES, LANGUAGES, type Language, speak } from '../../i18n.ts';
import { Failed, View } from '../../parts/States.tsx';
import { useStanding } from '../../session/session.ts';
import { Outside } from '../../shell/Outside.tsx';
import { readFactors } from '../account/factors.ts';
import { Apps } from '../account/Apps.tsx';
import { Passkeys } from '../account/Passkeys.tsx';
import { Password } from '../account/Password.tsx';
import { AddDomain } from '../domains/AddDomain.tsx';

const route = getRouteApi('/setup');
const STEPS = ['you', 'factor', 'domain'] as const;

export function SetUpPage(): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/setup' });
  const asked = route.useSearch();
  const at = Math.max(0, STEPS.indexOf(STEPS.find((s) => s === asked.step) ?? 'you'));
  const go = (step: (typeof STEPS)[number]): void => void navigate({ search: { step }, replace: true });
  return (
    <Outside title={t('setup.title')} width="44rem">
      <Stepper active={at} size="sm" allowNextStepsSelect={false} mb="lg">
        {STEPS.map((s) => (
          <Stepper.Step key={s} label={t(`setup.${s}`)} />
        ))}
      </Stepper>
      {at === 0 && <You done={() => go('factor')} />}
      {at === 1 && <Factor done={() => go('domain')} />}
      {at === 2 && <Domain />}
    </Outside>
  );
}

type Draft = { name: string; email: string; organisation: string; language: Language };

function You({ done }: { readonly done: () => void }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [token] = useState(() => globalThis.location.hash.slice(1));
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [draft, setDraft] = useState<Draft>({
    name: '',
    email: '',
    organisation: '',
    language: LANGUAGES.find((l) => l === i18n.language) ?? 'en',
  });
  const send = async (): Promise<void> => {
    setBusy(true);
    const { organisation, ...rest } = draft;
    const body = { token, ...rest, ...(organisation === '' ? {} : { organisation }) };
    try {
      await answer(api.POST('/api/v1/setup', { body }));
      await speak(draft.language);
      queries.clear();
      done();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const field = (name: 'name' | 'email' | 'organisation') => ({
    value: draft[name],
    onChange: (e: React.ChangeEvent<HTMLInputElement>) =>
      setDraft({ ...draft, [name]: e.currentTarget.value }),
    error: complaintAt(error, name),
  });
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <Stack>
        <Text>{t('setup.you-lead')}</Text>
        {error !== null && <Failed error={error} />}
        <TextInput label={t('account.name')} autoComplete="name" required {...field('name')} />
        <TextInput
          label={t('sign-in.email')}
          type="email"
          autoComplete="email"
          required
          {...field('email')}
        />
        <TextInput
          label={t('sign-in.organisation')}
          description={t('setup.organisation-help')}
          placeholder="default"
          {...field('organisation')}
        />
        <NativeSelect
          label={t('shell.language')}
          value={draft.language}
          onChange={(e) =>
            setDraft({ ...draft, language: LANGUAGES.find((l) => l === e.currentTarget.value) ?? 'en' })
          }
          data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
        />
        <Button type="submit" loading={isBusy}>
          {t('link.go')}
        </Button>
      </Stack>
    </form>
  );
}

function Factor({ done }: { readonly done: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const standing = useStanding().data;
  const query = useQuery({ queryKey: ['factors'], queryFn: readFactors });
  const isWhole = standing?.kind === 'person' && standing.session.state === 'signed-in';
  return (
    <Stack>
      <Text>{t('setup.factor-lead')}</Text>
      <View query={query}>
        {(factors) => (
          <>
            <Passkeys factors={factors} />
            <Password hasOne={factors.factors.password} />
            <Apps factors={factors} />
          </>
        )}
      </View>
      <Button disabled={!isWhole} onClick={done}>
        {t('link.go')}
      </Button>
    </Stack>
  );
}

function Domain(): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [isAdding, setAdding] = useState(false);
  return (
    <Stack>
      <Text>{t('setup.domain-lead')}</Text>
      <Button onClick={() => setAdding(true)}>{t('domains.add')}</Button>
      <Text size="sm">
        {t('setup.try')} <Code>bin/gatehouse try</Code>
      </Text>
      <Button variant="default" onClick={() => void navigate({ to: '/' })}>
        {t('setup.later')}
      </Button>
      <AddDomain opened={isAdding} close={() => setAdding(false)} />
    </Stack>
  );
}
