/** What a fault came to, what the operator reads of it, and what its row needs of this machine. */
import type { Server } from '../harness/server.ts';
import { until } from '../harness/waiting.ts';

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

export const BACK_TIMEOUT_MS = 30_000;

/** What `/readyz` says of a part that fails. */
export async function unready(server: Server, part: string): Promise<string> {
  const failing = async (): Promise<string | undefined> => {
    const text = await (await fetch(`${server.url}/readyz`)).text();
    return text.split('\n').find((line) => line.startsWith(`${part}: `) && line !== `${part}: ok`);
  };
  return until(`/readyz names the ${part}`, failing, BACK_TIMEOUT_MS);
}
