/** The lines that are kept, asked for anew as lines settle. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { getTranscript, type TranscriptLine } from '../../../../api/requests';
import type { CaptionLine } from '../../../../call/captions/captions';

/** Each look is at the whole transcript: many lines that settle at once are worth one. */
const LOOK_EVERY_MS = 2_000;

interface KeptLines {
  lines: readonly TranscriptLine[];
  /** What was said since: what is still open, and what settled after the last look. */
  pending: readonly CaptionLine[];
}

export function useKeptLines(transcript: string, captions: readonly CaptionLine[]): KeptLines {
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: ['kept-lines', transcript],
    queryFn: async () => {
      // What settles while the answer is on its way may not be in it.
      const askedAt = Date.now();
      return { askedAt, lines: (await getTranscript(transcript)).lines };
    },
  });
  // A final caption is in the database before it is shown. The oldest captions are forgotten: neither the
  // count nor the time alone tells that another has settled.
  const finals = captions.filter((caption) => caption.final);
  const settled = `${finals.length} ${Math.max(0, ...finals.map((caption) => caption.at))}`;
  const seen = useRef(settled);
  const lookedAt = useRef(0);
  useEffect(() => {
    if (settled === seen.current) return;
    const look = () => {
      seen.current = settled;
      lookedAt.current = Date.now();
      void queries.invalidateQueries({ queryKey: ['kept-lines', transcript] });
    };
    const timer = setTimeout(look, lookedAt.current + LOOK_EVERY_MS - Date.now());
    return () => clearTimeout(timer);
  }, [settled, transcript, queries]);
  const lines = data?.lines ?? [];
  const kept = new Set(lines.map((line) => line.id));
  const isNews = (caption: CaptionLine) => caption.at > (data?.askedAt ?? 0) && !kept.has(caption.segment);
  return { lines, pending: captions.filter((caption) => !caption.final || isNews(caption)) };
}
