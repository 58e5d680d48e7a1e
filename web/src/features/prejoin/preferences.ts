/** What a person chose last time on this browser: name, language of speech, devices. */
import type { Wishes } from '../../call/session';

const KEYS = {
  name: 'visio.name',
  language: 'visio.speech-language',
  microphone: 'visio.microphone',
  camera: 'visio.camera',
} as const;

type Preference = keyof typeof KEYS;

export function remembered(preference: Preference): string | null {
  return localStorage.getItem(KEYS[preference]);
}

export function remember(preference: Preference, value: string | null): void {
  if (value === null) localStorage.removeItem(KEYS[preference]);
  else localStorage.setItem(KEYS[preference], value);
}

export function rememberedDevices(): Wishes['devices'] {
  return { microphone: remembered('microphone'), camera: remembered('camera') };
}
