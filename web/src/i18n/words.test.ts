/** Every language says everything the others say, with the same blanks. */
import { describe, expect, it, vi } from 'vitest';
import en from './en.json';
import fr from './fr.json';
import { chooseLocale, preferredLocale, words } from './words';

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[path + key, value] as const] : [...flat(value, `${path}${key}.`)],
    ),
  );
}

const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
/** French has a plural for millions that English lacks. */
const keysOf = (words: Map<string, string>) =>
  [...words.keys()].filter((key) => !key.endsWith('_many')).sort();

describe('words', () => {
  const english = flat(en);
  const french = flat(fr);

  it('has the same keys in both languages', () => {
    expect(keysOf(french)).toEqual(keysOf(english));
  });

  it('has the same blanks and no empty text', () => {
    for (const [key, text] of english) {
      expect(blanks(french.get(key) ?? ''), key).toEqual(blanks(text));
      expect(french.get(key)?.trim(), key).not.toBe('');
    }
  });

  it('addresses women and men alike in French, and without interpuncts', () => {
    const wrong = [...french].filter(([, text]) =>
      /·|\b(vous (êtes|avez été|a) \w+é|être vu|parti)\b/i.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('writes French with its spaces that do not break, and with its apostrophe', () => {
    const wrong = [...french].filter(([, text]) =>
      /(^|[^\u202f])[;!?]|[^\u00a0]:(?!\/\/)|«(?!\u00a0)|(^|[^\u00a0])»|'/u.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('follows the browser, then the choice', async () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['nl-NL', 'fr-CA', 'en']);
    expect(preferredLocale()).toBe('fr');
    await chooseLocale('en');
    expect(preferredLocale()).toBe('en');
  });

  it('marks the page for screen readers and hyphenation', async () => {
    await chooseLocale('fr');
    expect(document.documentElement.lang).toBe('fr');
    expect(words.t('home.start')).toBe(fr.home.start);
    await chooseLocale('en');
  });
});
