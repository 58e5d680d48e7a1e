/** The words follow the page, the figures the reader's region. */
import { describe, expect, it } from 'vitest';
import { regionalLocale } from './region';

const MOMENT = Date.UTC(2026, 10, 25, 17, 58);

describe('regionalLocale', () => {
  it.each([
    ['en', 'en-GB', '25 Nov 2026, 17:58'],
    ['en', 'en-US', 'Nov 25, 2026, 5:58 PM'],
    ['en', 'en', '25 Nov 2026, 17:58'],
    ['en', 'fr-FR', '25 Nov 2026, 17:58'],
    ['fr', 'fr-CA', '25 nov. 2026, 17 h 58'],
    ['fr', 'de-DE', '25 nov. 2026, 17:58'],
  ])('a page in %s in a browser in %s says %s', (language, browser, said) => {
    const locale = regionalLocale(language, browser);
    const format = new Intl.DateTimeFormat(locale, {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone: 'UTC',
    });
    expect(format.format(MOMENT).replace(/\s/g, ' ')).toBe(said);
  });
});
