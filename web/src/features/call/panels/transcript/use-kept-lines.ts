/** The transcript so far: what was kept before, asked for once, and what the captions of this call add. */
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
  /** What is being said is shown while it may become part of the transcript. */
  kept: boolean;
  captions: readonly CaptionLine[];
  /** Those of the connection: what was said meanwhile came as no caption. */
  interruptions: number;
}

export function useKeptLines(watched: Watched): TranscriptSoFar {
  const { transcript, token, kept, captions, interruptions } = watched;
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
    lines: [...(data?.lines ?? []), ...added].toSorted(byStart),
    open: kept ? captions.filter((caption) => !caption.final) : [],
  };
}

interface Look {
  askedAt: number;
  lines: readonly TranscriptLine[];
}

/** A final caption that is kept is in the database before it is shown: it is what the next look would bring. */
function addedSince(look: Look | undefined, captions: readonly CaptionLine[]): TranscriptLine[] {
  const kept = new Set(look?.lines.map((line) => line.id));
  const isNew = (caption: CaptionLine) =>
    caption.kept && caption.at > (look?.askedAt ?? 0) && !kept.has(caption.segment);
  return captions.filter(isNew).map(lineOf);
}

/** As the server lists them. */
const byStart = (one: TranscriptLine, other: TranscriptLine) =>
  Date.parse(one.started_at) - Date.parse(other.started_at);

function lineOf({ segment, identity, name, startedAt, language, text }: CaptionLine): TranscriptLine {
  const saidAt = new Date(startedAt).toISOString();
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
