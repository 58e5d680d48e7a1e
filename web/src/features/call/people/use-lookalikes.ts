/** Whose names look like those of others: who is here, and who said something and has left. */
import { useMemo } from 'react';
import type { CaptionLine } from '../../../call/captions/captions';
import type { Person } from '../../../call/link';
import { usePart, useSession } from '../use-call';

type Marked = Pick<Person | CaptionLine, 'identity' | 'isLookalike'>;

const SEPARATOR = '\n';
/** As one text, which stays the same as long as nobody's mark changes. */
const marksOf = (all: readonly Marked[]): string =>
  [...new Set(all.filter((one) => one.isLookalike).map((one) => one.identity))].join(SEPARATOR);

export function useLookalikes(captions: readonly CaptionLine[]): ReadonlySet<string> {
  const here = usePart(useSession().people, ({ people }) => marksOf(people));
  const said = marksOf(captions);
  return useMemo(() => new Set([...here.split(SEPARATOR), ...said.split(SEPARATOR)]), [here, said]);
}
