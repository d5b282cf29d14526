/** The languages of the console. A text is missing in none of them: the type of `en` is the key set of all (texts.test.ts looks, too). */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { de } from './texts/de.ts';
import { en, type Texts } from './texts/en.ts';
import { nl } from './texts/nl.ts';

export const LANGUAGES = ['de', 'en', 'nl'] as const;
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  de: 'Deutsch',
  en: 'English',
  nl: 'Nederlands',
};

declare module 'i18next' {
  interface CustomTypeOptions {
    keySeparator: false;
    nsSeparator: false;
    resources: { translation: Texts };
  }
}

const KEPT = 'gatehouse-language';
const isLanguage = (word: string | null | undefined): word is Language =>
  LANGUAGES.some((known) => known === word);

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((l) => l.slice(0, 2)).find(isLanguage) ?? 'en';
}

export async function startTexts(): Promise<void> {
  const language = firstLanguage();
  document.documentElement.lang = language;
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    keySeparator: false,
    nsSeparator: false,
    resources: { de: { translation: de }, en: { translation: en }, nl: { translation: nl } },
    interpolation: { escapeValue: false }, // React escapes
  });
}

export async function speak(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export function languageNow(): Language {
  return isLanguage(i18next.language) ? i18next.language : 'en';
}
