/** The transcripts that this browser can delete, because somebody started them here. */
import { lastingStorage } from '../browser/storage';

const KEY = 'visio.deletion-codes';
/** The oldest makes room: the server deletes transcripts by itself after some time. */
const CODES_MAX = 50;

type Entry = [transcript: string, deletionCode: string];

function entries(): Entry[] {
  try {
    const stored: unknown = JSON.parse(lastingStorage.get(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isEntry) : [];
  } catch {
    return [];
  }
}

export function rememberDeletion(transcript: string, deletionCode: string): void {
  const others = entries().filter(([known]) => known !== transcript);
  const kept: Entry[] = [[transcript, deletionCode], ...others];
  lastingStorage.set(KEY, JSON.stringify(kept.slice(0, CODES_MAX)));
}

export function deletionCodeOf(transcript: string): string | null {
  return entries().find(([known]) => known === transcript)?.[1] ?? null;
}

export function forgetDeletion(transcript: string): void {
  lastingStorage.set(KEY, JSON.stringify(entries().filter(([known]) => known !== transcript)));
}

function isEntry(value: unknown): value is Entry {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}
