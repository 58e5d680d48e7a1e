/** Whether there is a keyboard to speak of: no browser tells, but who touches and cannot hover has a phone or a tablet. */
import { useMedia } from '../use-media';

const TOUCHED_ALONE = '(hover: none) and (pointer: coarse)';

export const useHasKeys = (): boolean => !useMedia(TOUCHED_ALONE);
