/** What a server answers of the transcript of a meeting. */
import type { TranscriptRequests } from '../transcript/transcript';

/** Kept from the beginning under `code`; `null` is a meeting where nobody has started one. */
export function transcriptRequests(code: string | null = null): TranscriptRequests {
  return {
    current: async () => ({ kept: code !== null, transcript: code }),
    start: async () => ({ transcript: code ?? 'started', deletion_code: null }),
    stop: async () => {},
    rememberDeletion: () => {},
  };
}
