/** What belongs to the reader: account, language, appearance, the way out. */
import { Button, Menu, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../api/client.ts';
import { LANGUAGE_NAMES, LANGUAGES, languageNow, speak } from '../i18n.ts';
import { useNotices } from '../parts/Notices.tsx';
import { useStanding } from '../session/session.ts';

export function UserMenu({ isInside = false }: { readonly isInside?: boolean }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" width={240} loop>
      <Menu.Target>
        <Button variant="default" size="xs" maw="50vw">
          {isInside ? <Name /> : t('shell.language')} <span aria-hidden="true">&nbsp;▾</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {isInside && <Own />}
        <Looks />
      </Menu.Dropdown>
    </Menu>
  );
}

function Name(): React.JSX.Element {
  const { t } = useTranslation();
  const standing = useStanding().data;
  if (standing?.kind !== 'person') return <>{t('shell.you')}</>;
  const { person, tenant } = standing.session;
  return <>{`${person.name} · ${tenant.name}`}</>;
}

/** The account and the way out; who sits at the machine itself has neither. */
function Own(): React.JSX.Element | null {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notices = useNotices();
  if (useStanding().data?.kind !== 'person') return null;
  const leave = async (): Promise<void> => {
    try {
      await answer(api.POST('/api/v1/sign-out'));
      queries.clear();
      await navigate({ to: '/sign-in' });
    } catch (error) {
      notices.failed(error);
    }
  };
  return (
    <>
      <Menu.Item onClick={() => void navigate({ to: '/account' })}>{t('account.title')}</Menu.Item>
      <Menu.Item onClick={() => void leave()}>{t('shell.sign-out')}</Menu.Item>
      <Menu.Divider />
    </>
  );
}

function Looks(): React.JSX.Element {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const language = languageNow();
  const isChosen = (chosen: boolean): React.ReactNode => (
    <span aria-hidden="true">{chosen ? '✓' : '\u2007'}</span>
  );
  return (
    <>
      <Menu.Label c="dimmed">{t('shell.language')}</Menu.Label>
      {LANGUAGES.map((l) => (
        <Menu.Item
          key={l}
          lang={l}
          leftSection={isChosen(l === language)}
          aria-current={l === language}
          onClick={() => void speak(l)}
        >
          {LANGUAGE_NAMES[l]}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Menu.Label c="dimmed">{t('shell.appearance')}</Menu.Label>
      {(['light', 'dark', 'auto'] as const).map((scheme) => (
        <Menu.Item
          key={scheme}
          leftSection={isChosen(scheme === colorScheme)}
          aria-current={scheme === colorScheme}
          onClick={() => setColorScheme(scheme)}
        >
          {t(`appearance.${scheme}`)}
        </Menu.Item>
      ))}
    </>
  );
}
