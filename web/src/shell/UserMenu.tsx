/** What belongs to the reader: language and appearance. */
import { Button, Menu, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { LANGUAGE_NAMES, LANGUAGES, languageNow, speak } from '../i18n.ts';

export function UserMenu(): React.JSX.Element {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const language = languageNow();
  const isChosen = (chosen: boolean): React.ReactNode => (
    <span aria-hidden="true">{chosen ? '✓' : '\u2007'}</span>
  );
  return (
    <Menu position="bottom-end" width={220} loop>
      <Menu.Target>
        <Button variant="default" size="xs">
          {t('shell.you')} ▾
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
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
      </Menu.Dropdown>
    </Menu>
  );
}
