/** Loads one language's words, and remembers which one the person chose. */
import { createInstance, type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { lastingStorage } from '../browser/storage';

const LOADERS = {
  en: () => import('./en.json'),
  fr: () => import('./fr.json'),
};

export type Locale = keyof typeof LOCALE_NAMES;

/** Each language under its own name, so that its speakers find it. */
export const LOCALE_NAMES = { en: 'English', fr: 'Français' } as const;

const CHOICE_KEY = 'visio.locale';

export const words: i18n = createInstance();

/** The chosen language, else the first of the browser's that exists, else English. */
export function preferredLocale(): Locale {
  const wanted = [lastingStorage.get(CHOICE_KEY) ?? '', ...navigator.languages];
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLocale) ?? 'en';
}

export async function startWords(locale: Locale): Promise<void> {
  const { default: translation } = await LOADERS[locale]();
  await words.use(initReactI18next).init({
    lng: locale,
    fallbackLng: locale,
    resources: { [locale]: { translation } },
    // React escapes what it draws.
    interpolation: { escapeValue: false },
  });
  markPage(locale);
}

export async function chooseLocale(locale: Locale): Promise<void> {
  const { default: translation } = await LOADERS[locale]();
  words.addResourceBundle(locale, 'translation', translation);
  await words.changeLanguage(locale);
  lastingStorage.set(CHOICE_KEY, locale);
  markPage(locale);
}

function markPage(locale: Locale): void {
  document.documentElement.lang = locale;
  document.documentElement.dir = words.dir(locale);
}

function isLocale(tag: string): tag is Locale {
  return tag in LOADERS;
}
