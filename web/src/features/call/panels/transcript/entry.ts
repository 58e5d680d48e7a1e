/** What has been said, where it is kept. */
import { NotebookText } from 'lucide-react';
import { useConfig } from '../../../../api/use-config';
import { usePart, useSession } from '../../use-call';
import type { PanelEntry } from '../entry';
import { TranscriptPanel } from './TranscriptPanel';

export const TRANSCRIPT: PanelEntry = {
  kind: 'transcript',
  icon: NotebookText,
  letter: 't',
  words: { label: 'call.transcript', hint: 'call.transcriptHint', shortcut: 'shortcuts.transcript' },
  Panel: TranscriptPanel,
  useIsOffered: () => {
    const isKept = usePart(useSession().transcript, (transcript) => transcript !== null);
    // Where nothing is recognised, nothing is kept.
    return useConfig()?.captions.available !== false && isKept;
  },
  useBadge: () => undefined,
  isWideOnly: true,
};
