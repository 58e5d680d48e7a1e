/** What a fault came to, and what its row needs of this machine. */

export const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

export interface Outcome {
  kept: number;
  lost: number;
  /** What the operator reads. */
  word: string;
}

/** This machine lacks what the row needs, which is no success. */
export class NotRun extends Error {}

export const lineOf = (text: string, part: string): string => text.split('\n').find((line) => line.includes(part)) ?? '(nothing)';
