/** What has been said: kept from when somebody starts it. */
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
    const canHear = useConfig()?.captions.available !== false;
    const hasCode = usePart(useSession().transcript, ({ code }) => code !== null);
    return canHear || hasCode;
  },
  useBadge: () => undefined,
  isWideOnly: true,
};
