/** The list of languages reads well to everybody who opens it. */
import { describe, expect, it } from 'vitest';
import { namedLanguages } from './speech-languages';

describe('namedLanguages', () => {
  it('puts the reader’s own language first, then English and French, then the rest by name', () => {
    expect(namedLanguages(['ar', 'en', 'de', 'fr'], 'fr').map((choice) => choice.label)).toEqual([
      'Français',
      'Anglais',
      'Allemand',
      'Arabe',
    ]);
  });

  it('leaves out what this browser has no name for', () => {
    expect(namedLanguages(['en', 'qqx'], 'en').map((choice) => choice.id)).toEqual(['en']);
  });
});
