/** Whether this call has captions, and if not, why: said where one would switch them on. */
import type { ParseKeys } from 'i18next';
import { useConfig } from '../../../api/use-config';

/** The words for why there are none, or null where there are. */
export function useCaptionsRefusal(): ParseKeys | null {
  const isAvailable = useConfig()?.captions.available !== false;
  return isAvailable ? null : 'call.captionsUnavailable';
}
