/** The panel that is open, while there is anything in it. */
import type { PanelEntry } from './entry';
import { panelOf } from './panels';

export function PanelHost({ kind, onClose }: { kind: string | null; onClose: () => void }) {
  const panel = panelOf(kind);
  return panel ? <Open key={panel.kind} panel={panel} onClose={onClose} /> : null;
}

function Open({ panel, onClose }: { panel: PanelEntry; onClose: () => void }) {
  const { Panel } = panel;
  return panel.useIsOffered() ? <Panel onClose={onClose} /> : null;
}
