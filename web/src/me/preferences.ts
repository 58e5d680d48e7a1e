/** What a person chose last time on this browser: name, language of speech, devices, how the call is shown. */
import { lastingStorage } from '../browser/storage';

const KEYS = {
  name: 'visio.name',
  language: 'visio.speech-language',
  microphone: 'visio.microphone',
  camera: 'visio.camera',
  speaker: 'visio.speaker',
  selfHidden: 'visio.self-hidden',
  selfCorner: 'visio.self-corner',
  selfMinimised: 'visio.self-minimised',
  captionSize: 'visio.caption-size',
  captionColours: 'visio.caption-colours',
  captionsAloud: 'visio.captions-aloud',
  captionsOff: 'visio.captions-off',
} as const;

export type Preference = keyof typeof KEYS;

export function remembered(preference: Preference): string | null {
  return lastingStorage.get(KEYS[preference]);
}

export function remember(preference: Preference, value: string | null): void {
  if (value === null) lastingStorage.remove(KEYS[preference]);
  else lastingStorage.set(KEYS[preference], value);
}

/** A wish that is either there or not; no is the absence of yes. */
export function isWished(preference: Preference): boolean {
  return remembered(preference) === 'yes';
}

export function wish(preference: Preference, wished: boolean): void {
  remember(preference, wished ? 'yes' : null);
}

/** The devices that were chosen, by the browser's ids for them. */
export function rememberedDevices(): Record<'microphone' | 'camera' | 'speaker', string | null> {
  return {
    microphone: remembered('microphone'),
    camera: remembered('camera'),
    speaker: remembered('speaker'),
  };
}
