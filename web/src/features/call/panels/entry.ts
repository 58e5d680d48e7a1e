/** What the call knows of a panel; `panels.ts` lists them. */

import type { ParseKeys } from 'i18next';
import type { ComponentType } from 'react';
import type { IconType } from '../../../ui/Button';

export interface PanelEntry {
  kind: string;
  icon: IconType;
  /** The letter that opens and closes it. */
  letter: string;
  words: { label: ParseKeys; hint: ParseKeys; shortcut: ParseKeys };
  Panel: ComponentType<{ onClose: () => void }>;
  /** Whether there is anything to open. */
  useIsOffered: () => boolean;
  /** A few characters on the button. */
  useBadge: () => string | undefined;
  /** A phone's bar has no room for it; there it is in the settings. */
  isWideOnly: boolean;
}
