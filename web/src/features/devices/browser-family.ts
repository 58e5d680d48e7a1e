/** Which way a browser shows its permissions; wrong guesses cost a sentence, so the user agent will do. */
export type BrowserFamily = 'chromium' | 'firefox' | 'safari';

export function browserFamily(userAgent: string): BrowserFamily {
  if (/firefox|fxios/i.test(userAgent)) return 'firefox';
  if (/chrom(e|ium)|crios|edg/i.test(userAgent)) return 'chromium';
  return /safari/i.test(userAgent) ? 'safari' : 'chromium';
}
