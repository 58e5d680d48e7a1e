/**
 * Finds a code in what somebody typed or pasted: a link, the sentence around it, the wrapper that a mail program
 * made of it. The server's `codes/pasted.rs` follows the same rules; both are tested with `pasted.json`.
 */

/** 25 characters in groups of five; Crockford's alphabet leaves out i, l, o and u. */
const CODE_CHARS = 25;
const GROUP_CHARS = 5;
const READABLE = /^[0-9a-tv-z]+$/;
/** Longer text is not read: mail programs make about 1,000 characters of a link. */
const TEXT_CHARS_MAX = 4_096;
/** A link in a wrapper in a wrapper; what is encoded more often is not found. */
const DECODINGS_MAX = 3;
/** Soft hyphens, zero-width marks, marks of direction, variation selectors. */
const INVISIBLE =
  /\u00ad|\u034f|\u061c|\u180e|[\u200b-\u200f]|[\u202a-\u202e]|[\u2060-\u206f]|[\ufe00-\ufe0f]|\ufeff/g;
/** What people and programs write between the groups of a code. */
const DASH = '-_.\\u00b7\\u02d7\\u2010-\\u2015\\u2022\\u2027\\u2043\\u2212\\u30fb\\ufe58\\ufe63';
const DASHES = new RegExp(`^[${DASH}]*$`);
const DASHES_AND_BLANKS = new RegExp(`^[${DASH}\\s]*$`);

export interface PastedCode {
  code: string;
  /** What a link with this code leads to; a code alone leads to a meeting. */
  opens: 'room' | 'transcript';
}

/** Letters and digits in a row. */
interface Group {
  chars: string;
  /** What stands between this group and the one before it. */
  gap: string;
  link: PastedCode['opens'] | null;
}

/** The code that `text` most likely means. */
export function findCode(text: string): PastedCode | null {
  if (text.length > TEXT_CHARS_MAX) return null;
  const groups = groupsOf(plain(text));
  const windows = groups.flatMap((_, first) => windowOf(groups.slice(first, first + CODE_CHARS)) ?? []);
  const [first, ...others] = windows.filter(({ isRegular, digits }) => isRegular || digits > 0);
  if (!first) return null;
  const best = others.reduce((known, other) => (compare(other, known) > 0 ? other : known), first);
  const chars = best.chars.replace(/[il]/g, '1').replace(/o/g, '0');
  const code = chars.match(new RegExp(`.{${GROUP_CHARS}}`, 'g'))?.join('-') ?? '';
  return { code, opens: best.link ?? 'room' };
}

/** Groups that make a whole code, and what speaks for them. */
interface Window {
  chars: string;
  link: PastedCode['opens'] | null;
  hasBlanks: boolean;
  /** Undivided, or in groups as codes are written. */
  isRegular: boolean;
  /** Words of the right length in all are no code: hardly any code is without a digit. */
  digits: number;
}

function windowOf(groups: readonly Group[]): Window[] | null {
  let chars = '';
  for (const [at, group] of groups.entries()) {
    const isJoined = at === 0 || DASHES_AND_BLANKS.test(group.gap);
    chars += group.chars;
    if (!isJoined || !READABLE.test(group.chars) || chars.length > CODE_CHARS) return null;
    if (chars.length < CODE_CHARS) continue;
    const window = groups.slice(0, at + 1);
    return [
      {
        chars,
        link: window[0]?.link ?? null,
        hasBlanks: window.slice(1).some(({ gap }) => !DASHES.test(gap)),
        isRegular: at === 0 || window.every((one) => one.chars.length === GROUP_CHARS),
        digits: chars.replace(/\D/g, '').length,
      },
    ];
  }
  return null;
}

/** What stands in a link comes first, then what no blanks divide, then groups of five, then digits. */
function compare(a: Window, b: Window): number {
  return (
    Number(a.link !== null) - Number(b.link !== null) ||
    Number(b.hasBlanks) - Number(a.hasBlanks) ||
    Number(a.isRegular) - Number(b.isRegular) ||
    a.digits - b.digits
  );
}

function groupsOf(text: string): Group[] {
  let end = 0;
  return [...text.matchAll(/[\p{Alphabetic}\p{N}]+/gu)].map((match) => {
    const gap = text.slice(end, match.index);
    end = match.index + match[0].length;
    const link = /\/([rt])\/+$/.exec(text.slice(0, match.index))?.[1];
    return { chars: match[0], gap, link: link === undefined ? null : link === 'r' ? 'room' : 'transcript' };
  });
}

/** The text as its author saw it: decoded, unfolded, in small letters, without what is invisible. */
function plain(text: string): string {
  const lines = percentDecoded(text)
    .replace(/=\r?\n/g, '')
    .split(/\r?\n/);
  const unquoted = lines.map((line) => line.replace(/^[> ]+/, '')).join('\n');
  const visible = unquoted.replace(INVISIBLE, '');
  const narrow = visible.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  // The Japanese long vowel mark stands beside the zero on keyboards and is taken for a dash.
  const small = narrow.replace(/[\u30fc\uff70]/g, '-').replace(/[A-Z]/g, (c) => c.toLowerCase());
  // Each entity of HTML as a dash: between groups it is one, behind a link it ends the code.
  return withoutProofpoint(small).replace(/&[#a-z0-9]{0,9};/g, '-');
}

function percentDecoded(text: string): string {
  let decoded = text;
  for (let round = 0; round < DECODINGS_MAX; round += 1) {
    decoded = decoded.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return '\ufffd';
      }
    });
  }
  return decoded;
}

/** `https-3A__visio.example_r_ab0de-2Dfgh1k` as `https://visio.example/r/ab0de-fgh1k`. */
function withoutProofpoint(text: string): string {
  if (!text.includes('-3a__')) return text;
  const slashes = text.replaceAll('_', '/');
  return slashes.replace(/-([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
