/** The transcript so far: what was kept before, asked for once, and what the captions of this call added. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { getTranscript, type TranscriptLine } from '../../../../api/requests';
import type { CaptionLine } from '../../../../call/captions/captions';

/** A look is at the whole transcript; it comes again before the oldest captions are forgotten. */
const LOOK_AFTER_LINES = 200;

interface TranscriptSoFar {
  lines: readonly TranscriptLine[];
  /** What is being said. */
  open: readonly CaptionLine[];
}

interface Watched {
  transcript: string;
  /** Of the call: while people are in it, the transcript is read by them alone. */
  token: string;
  /** Captions are shown also while no transcript is kept; then they are not part of it. */
  kept: boolean;
  captions: readonly CaptionLine[];
  /** Those of the connection: what was said meanwhile came as no caption. */
  interruptions: number;
}

export function useKeptLines(watched: Watched): TranscriptSoFar {
  const { transcript, token, kept, interruptions } = watched;
  const captions = kept ? watched.captions : [];
  const queries = useQueryClient();
  const queryKey = useMemo(
    () => ['kept-lines', transcript, kept, interruptions],
    [transcript, kept, interruptions],
  );
  const { data } = useQuery({
    queryKey,
    // Another visit to the panel, another look.
    refetchOnMount: 'always',
    placeholderData: (before: Look | undefined) => before,
    queryFn: async (): Promise<Look> => {
      // What becomes final while the answer is on its way may not be in it.
      const askedAt = Date.now();
      return { askedAt, lines: (await getTranscript(transcript, token)).lines };
    },
  });
  const added = addedSince(data, captions);
  const isDue = data !== undefined && added.length >= LOOK_AFTER_LINES;
  useEffect(() => {
    if (isDue) void queries.invalidateQueries({ queryKey });
  }, [isDue, queries, queryKey]);
  return {
    lines: [...(data?.lines ?? []), ...added],
    open: captions.filter((caption) => !caption.final),
  };
}

interface Look {
  askedAt: number;
  lines: readonly TranscriptLine[];
}

/** A final caption is in the database before it is shown: it is what the next look would bring. */
function addedSince(look: Look | undefined, captions: readonly CaptionLine[]): TranscriptLine[] {
  const kept = new Set(look?.lines.map((line) => line.id));
  const isNew = ({ final, at, segment }: CaptionLine) =>
    final && at > (look?.askedAt ?? 0) && !kept.has(segment);
  return captions.filter(isNew).map(lineOf);
}

function lineOf({ segment, identity, name, at, language, text }: CaptionLine): TranscriptLine {
  const saidAt = new Date(at).toISOString();
  return {
    number: 0,
    id: segment,
    speaker: { identity, name },
    started_at: saidAt,
    ended_at: saidAt,
    offset_ms: 0,
    language: language ?? '',
    text,
  };
}
