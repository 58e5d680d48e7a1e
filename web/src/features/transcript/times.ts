/** How moments of a meeting are written. */

/** The time on the wall, as in "14:05". */
export function clockTime(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

/** The time since the meeting began, as in "1:02:05" or "2:05". */
export function elapsed(offsetMs: number): string {
  const seconds = Math.floor(offsetMs / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function meetingDate(startedAt: string, endedAt: string | null, locale: string): string {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
  const start = new Date(startedAt);
  return endedAt === null ? day.format(start) : day.formatRange(start, new Date(endedAt));
}
