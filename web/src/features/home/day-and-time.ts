/** When something was, as people say it: today and yesterday by name, earlier days by date. */

const DAY_MS = 24 * 60 * 60 * 1000;

export function dayAndTime(at: number, now: number, locale: string): string {
  const days = Math.round((midnight(at) - midnight(now)) / DAY_MS);
  if (days < -1 || days > 0) {
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
  }
  const day = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day');
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(at);
  return `${day.charAt(0).toLocaleUpperCase(locale)}${day.slice(1)} ${time}`;
}

const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);
