/** The captions of a call: whether they are shown, the lines, and the language one speaks oneself. */
import type { Link, Message, Person } from '../link';
import { Part } from '../part';
import { applyCaption, type CaptionLine, type CaptionUpdate } from './captions';

type CaptionsLoad = 'in-time' | 'late' | 'losing';

export interface CaptionsView {
  on: boolean;
  lines: readonly CaptionLine[];
  /** When somebody last said anything, words taken back included; 0 while nobody has. */
  lastWordAt: number;
  /** How the server gets on with this meeting's captions. */
  load: CaptionsLoad;
  /** What one speaks, or null where the server is to find out. */
  language: string | null;
}

const LINES_TOPIC = 'lk.transcription';
const STATUS_TOPIC = 'visio.captions';
const LANGUAGE_ATTRIBUTE = 'visio.language';
/** On each caption of the server, which refuses streams with an attribute of this kind from anybody else. */
const CERTAIN_CHARS_ATTRIBUTE = 'visio.certain_chars';
const STARTED_ATTRIBUTE = 'visio.started_at_ms';
const KEPT_ATTRIBUTE = 'visio.kept';

export class Captions extends Part<CaptionsView> {
  constructor(
    readonly link: () => Link | null,
    readonly personOf: (identity: string) => Person | undefined,
    options: { captions: boolean; language: string | null },
  ) {
    super({ on: options.captions, lines: [], lastWordAt: 0, load: 'in-time', language: options.language });
  }

  setOn(on: boolean): void {
    this.set({ ...this.view(), on });
  }

  setLanguage(language: string | null): void {
    this.set({ ...this.view(), language });
    void this.link()
      ?.setAttribute(LANGUAGE_ATTRIBUTE, language ?? '')
      .catch(() => undefined);
  }

  listen(link: Link): void {
    link.on(LINES_TOPIC, (message) => {
      const now = Date.now();
      const update = captionOf(message, this.personOf);
      if (update && link === this.link())
        this.set({ ...this.view(), lines: applyCaption(this.view().lines, update, now), lastWordAt: now });
    });
    link.on(STATUS_TOPIC, ({ text, sender }) => {
      // Only the server speaks of its own state: what a participant sends names its sender.
      if (sender === null && link === this.link()) this.set({ ...this.view(), load: loadOf(text) });
    });
  }
}

/**
 * Each update of a line is a message of its own that carries the whole text so far, in its speaker's name. An agent may
 * send such messages too: what it says that others said is not the server's word, and not shown.
 */
function captionOf(
  { text, attributes, sender }: Message,
  personOf: (id: string) => Person | undefined,
): CaptionUpdate | null {
  const segment = attributes['lk.segment_id'];
  const certain = attributes[CERTAIN_CHARS_ATTRIBUTE];
  if (segment === undefined || certain === undefined || sender === null) return null;
  const person = personOf(sender);
  return {
    segment,
    identity: sender,
    name: person?.name ?? '',
    isLookalike: person?.isLookalike ?? false,
    startedAt: Number(attributes[STARTED_ATTRIBUTE]),
    text,
    language: attributes[LANGUAGE_ATTRIBUTE] || undefined,
    certain: Number(certain),
    final: attributes['lk.transcription_final'] === 'true',
    kept: attributes[KEPT_ATTRIBUTE] === 'true',
  };
}

/** What cannot be read says nothing: captions are taken for timely. */
function loadOf(status: string): CaptionsLoad {
  try {
    const read = JSON.parse(status) as { behind?: unknown; lost?: unknown } | null;
    if (read?.behind !== true) return 'in-time';
    return read.lost === true ? 'losing' : 'late';
  } catch {
    return 'in-time';
  }
}
