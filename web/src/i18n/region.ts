/** Dates and numbers as in the reader's region, in the language of the page. */

/** English without a region is American: most readers of this page write the day first, and 17:58. */
const WITHOUT_REGION: Readonly<Record<string, string>> = { en: 'en-GB' };

/** For `Intl`: the browser's own locale where it is of the page's language. */
export function regionalLocale(language: string, browser: string = navigator.language): string {
  return browser.startsWith(`${language}-`) ? browser : (WITHOUT_REGION[language] ?? language);
}
