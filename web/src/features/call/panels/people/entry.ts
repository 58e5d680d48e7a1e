/** Who is here. */
import { Users } from 'lucide-react';
import { usePart, useSession } from '../../use-call';
import type { PanelEntry } from '../entry';
import { PeoplePanel } from './PeoplePanel';

export const PEOPLE: PanelEntry = {
  kind: 'people',
  icon: Users,
  letter: 'p',
  words: { label: 'call.people', hint: 'call.peopleHint', shortcut: 'shortcuts.people' },
  Panel: PeoplePanel,
  useIsOffered: () => true,
  useBadge: () => {
    const count = usePart(useSession().people, ({ people }) => people.length);
    return count > 1 ? String(count) : undefined;
  },
  isWideOnly: false,
};
