/** Joins lines into paragraphs, so that a transcript reads like minutes and not like a log. */
import type { TranscriptLine } from '../../api/requests';

export interface Paragraph {
  id: string;
  speaker: { identity: string; name: string };
  startedAt: string;
  offsetMs: number;
  /** The language of all its lines, so that a screen reader says it as it should sound. */
  language: string | undefined;
  text: string;
}

/** A longer silence begins a new thought. */
const PAUSE_MS = 12_000;
/** Beyond this a monologue is easier to read, and to find one's place in, when it is cut. */
const PARAGRAPH_CHARS_MAX = 600;

export function paragraphsOf(lines: readonly TranscriptLine[]): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let lastEnd = 0;
  for (const line of lines) {
    const open = paragraphs.at(-1);
    const start = Date.parse(line.started_at);
    if (open && continues(open, line, start - lastEnd)) append(open, line);
    else paragraphs.push(opened(line));
    lastEnd = Date.parse(line.ended_at);
  }
  return paragraphs;
}

function continues(open: Paragraph, line: TranscriptLine, pauseMs: number): boolean {
  const sameSpeaker =
    open.speaker.identity === line.speaker.identity && open.speaker.name === line.speaker.name;
  return sameSpeaker && pauseMs < PAUSE_MS && open.text.length + line.text.length < PARAGRAPH_CHARS_MAX;
}

function append(open: Paragraph, line: TranscriptLine): void {
  open.text += ` ${line.text}`;
  if (line.language !== open.language) open.language = undefined;
}

function opened(line: TranscriptLine): Paragraph {
  const { id, speaker, started_at: startedAt, offset_ms: offsetMs, text } = line;
  return { id: String(id), speaker, startedAt, offsetMs, language: line.language || undefined, text };
}
