/** What has been said, where it is kept. */
import { NotebookText } from 'lucide-react';
import { usePart, useSession } from '../../use-call';
import type { PanelEntry } from '../entry';
import { TranscriptPanel } from './TranscriptPanel';

export const TRANSCRIPT: PanelEntry = {
  kind: 'transcript',
  icon: NotebookText,
  letter: 't',
  words: { label: 'call.transcript', hint: 'call.transcriptHint', shortcut: 'shortcuts.transcript' },
  Panel: TranscriptPanel,
  useIsOffered: () => usePart(useSession().transcript, (transcript) => transcript !== null),
  useBadge: () => undefined,
  isWideOnly: true,
};
