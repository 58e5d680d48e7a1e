/** Reads a room's code from whatever a person pastes or types: a link, capitals, spaces, look-alike letters. */

/** The server's codes hold at least 100 bits, five in each character. */
const CODE_CHARS_MIN = 20;
const CODE_CHARS_MAX = 40;
const GROUP_CHARS = 5;
/** Crockford's alphabet leaves out i, l, o and u. */
const CODE = /^[0-9a-hjkmnp-tv-z]+$/;

export function parseRoomCode(input: string): string | null {
  const path = /\/r\/([^/?#\s]+)/i.exec(input)?.[1] ?? input;
  const bare = path
    .toLowerCase()
    .replace(/[\s\-–—._]/g, '')
    .replace(/[il]/g, '1')
    .replace(/o/g, '0');
  if (bare.length < CODE_CHARS_MIN || bare.length > CODE_CHARS_MAX || !CODE.test(bare)) return null;
  return bare.match(new RegExp(`.{1,${GROUP_CHARS}}`, 'g'))?.join('-') ?? null;
}
