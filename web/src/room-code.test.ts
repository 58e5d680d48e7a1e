/** Bob gets a link by mail, by phone, on paper: each leads to the same room. */
import { describe, expect, it } from 'vitest';
import { parseRoomCode } from './room-code';

const CODE = 'ab0de-fgh1k-mnpqr-stvwx-y';

describe('parseRoomCode', () => {
  it.each([
    CODE,
    `https://visio.example/r/${CODE}`,
    `http://localhost:8080/r/${CODE}?from=mail#top`,
    `  Join us: https://visio.example/r/${CODE} !`,
    'AB0DE FGH1K MNPQR STVWX Y',
    'ab0defgh1kmnpqrstvwxy',
    'abOde-fghlk-mnpqr-stvwx-y',
    'ab0de–fgh1k–mnpqr–stvwx–y',
  ])('reads %s', (input) => {
    expect(parseRoomCode(input)).toBe(CODE);
  });

  it.each([
    '',
    'hello',
    'https://visio.example/',
    'ab0de-fgh1k',
    'u'.repeat(21),
    'ab0de-fgh1k-mnpqr-stvwx-é',
    '0'.repeat(41),
  ])('refuses "%s"', (input) => {
    expect(parseRoomCode(input)).toBeNull();
  });
});
