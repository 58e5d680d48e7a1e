/** Ends of the words of a recording, by faster-whisper, kept beside the recording. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordsOf } from '../harness/speech.ts';

export interface WordTime {
  word: string;
  endMs: number;
}

export function wordTimes(file: string): WordTime[] {
  const kept = `${file}.words.json`;
  if (!existsSync(kept)) execFileSync('bash', [join(import.meta.dirname, 'word-times.sh'), file, kept], { stdio: 'inherit' });
  const raw = JSON.parse(readFileSync(kept, 'utf8')) as { word: string; end: number }[];
  return raw.flatMap(({ word, end }) => wordsOf(word).map((one) => ({ word: one, endMs: end * 1000 })));
}
