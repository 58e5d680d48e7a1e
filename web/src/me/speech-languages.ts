/** The languages that speech can be recognised in, named in the language of the page. */
import { useTranslation } from 'react-i18next';
import type { Choice } from '../ui/Select';

/** Stands for "find out what I speak". */
export const AUTO = 'auto';

/** Offered until the server says which its model knows. */
const USUAL = ['fr', 'en', 'de', 'es', 'it', 'nl', 'pt'];

export function useLanguageChoices(supported: readonly string[] | undefined): Choice[] {
  const { t, i18n } = useTranslation();
  const codes = supported && supported.length > 0 ? supported : USUAL;
  return [{ id: AUTO, label: t('prejoin.languageAuto') }, ...namedLanguages(codes, i18n.language)];
}

/**
 * Sorted by name, those of the page's own language and English first: few people scroll through a hundred. One
 * that this browser has no name for is left out: a bare code says nothing.
 */
export function namedLanguages(codes: readonly string[], locale: string): Choice[] {
  const names = new Intl.DisplayNames([locale], { type: 'language', fallback: 'none' });
  const collator = new Intl.Collator(locale);
  const first = (code: string) => (code === locale ? 0 : code === 'en' || code === 'fr' ? 1 : 2);
  return codes
    .flatMap((code) => {
      const name = names.of(code);
      return name === undefined ? [] : [{ id: code, label: capitalise(name, locale) }];
    })
    .sort((a, b) => first(a.id) - first(b.id) || collator.compare(a.label, b.label));
}

function capitalise(name: string, locale: string): string {
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}
