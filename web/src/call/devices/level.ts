/** How far a meter swings for a piece of sound. */

/** Room noise stays below it. */
const SILENCE_DB = -55;
/** A voice close to the microphone reaches it. */
const LOUD_DB = -12;

/** From 0 (silence) to 1 (loud), even in decibels, as ears hear. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return 0;
  const decibels = 10 * Math.log10(sum / samples.length);
  return Math.min(1, Math.max(0, (decibels - SILENCE_DB) / (LOUD_DB - SILENCE_DB)));
}
