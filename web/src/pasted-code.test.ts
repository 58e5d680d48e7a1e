/** Bob gets a link by mail, by phone, on paper: each leads to the same room. */
import { describe, expect, it } from 'vitest';
import TABLE from '../../crates/server/src/codes/pasted.json';
import { findCode } from './pasted-code';

describe('findCode', () => {
  it.each(TABLE.map((row) => [row.what, row] as const))('reads %s as the server does', (_, row) => {
    const opens = 'opens' in row ? row.opens : 'room';
    expect(findCode(row.text)).toEqual(row.code === null ? null : { code: row.code, opens });
  });
});
