/** All panels of the call, in the order of the bar. A new one is its folder and a line here. */
import type { PanelEntry } from './entry';
import { PEOPLE } from './people/entry';
import { TRANSCRIPT } from './transcript/entry';

export const PANELS: readonly PanelEntry[] = [PEOPLE, TRANSCRIPT];

export const panelOf = (kind: string | null): PanelEntry | undefined =>
  PANELS.find((panel) => panel.kind === kind);
