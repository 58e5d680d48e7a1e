/** Trusted Types: no text becomes markup or script in this page; react-aria may empty an element, and nothing else. */

interface TrustedTypes {
  createPolicy(name: 'default', rules: { createHTML: (text: string) => string | null }): unknown;
}

/** What the browser asks when code assigns a text to `innerHTML`; null lets the assignment throw. */
export const emptyOnly = (text: string): string | null => (text === '' ? '' : null);

/** Takes the one policy that the server's content security policy allows. Browsers without it ask nothing. */
export function forbidMarkup(
  page: { trustedTypes?: TrustedTypes } = window as { trustedTypes?: TrustedTypes },
): void {
  page.trustedTypes?.createPolicy('default', { createHTML: emptyOnly });
}
