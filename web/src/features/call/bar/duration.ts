/** How long something has lasted, in hours, minutes and seconds as the language writes them. */

export function durationWords(ms: number, language: string): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts: [number, 'hour' | 'minute' | 'second'][] = [
    [Math.floor(seconds / 3_600), 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  const shown = parts.slice(seconds >= 3_600 ? 0 : seconds >= 60 ? 1 : 2);
  const words = shown.map(([value, unit]) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value),
  );
  return words.join(' ');
}
