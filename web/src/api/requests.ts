/** Every request the client makes, typed from the server's OpenAPI document. */
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/schema';
import { problemFrom } from './problem';

type Schemas = components['schemas'];
export type Config = Schemas['ServerConfig'];
export type RoomState = Schemas['Room'];
export type Joined = Schemas['Joined'];
export type Transcript = Schemas['Transcript'];
export type TranscriptLine = Schemas['TranscriptLine'];
export type CurrentTranscript = Schemas['CurrentTranscript'];
export type StartedTranscript = Schemas['StartedTranscript'];

export interface JoinRequest {
  code: string;
  name: string;
  language: string | null;
  /** The session held before a reload or a server restart, proven by its token. */
  former: { identity: string; token: string } | null;
}

export type ExportFormat = 'vtt' | 'markdown';

/** A dead connection swallows a request without a word; after this the server counts as away. */
const ANSWER_TIMEOUT_MS = 10_000;

const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  fetch: (request) => globalThis.fetch(request),
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function unwrap<T>({ data, error, response }: Answer<T>): T {
  if (data === undefined) throw problemFrom(error, response.status);
  return data;
}

const inTime = () => ({ signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });

/** For answers without a body. */
function done({ error, response }: Answer<unknown>): void {
  if (!response.ok) throw problemFrom(error, response.status);
}

function bearer(token: string) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

export async function getConfig(): Promise<Config> {
  return unwrap(await client.GET('/api/v1/config', inTime()));
}

export async function createRoom(name: string): Promise<string> {
  const body = name === '' ? {} : { name };
  return unwrap(await client.POST('/api/v1/rooms', { ...inTime(), body })).code;
}

export async function getRoom(code: string): Promise<RoomState> {
  return unwrap(await client.GET('/api/v1/rooms/{code}', { ...inTime(), params: { path: { code } } }));
}

export async function joinRoom({ code, name, language, former }: JoinRequest): Promise<Joined> {
  return unwrap(
    await client.POST('/api/v1/rooms/{code}/join', {
      params: { path: { code } },
      ...inTime(),
      body: { name, language, ...(former && { identity: former.identity }) },
      ...(former && bearer(former.token)),
    }),
  );
}

/** `after` is the number of the last line that is known. While people are in the meeting it takes the token of the call. */
export async function getTranscript(transcript: string, token?: string, after = 0): Promise<Transcript> {
  return unwrap(
    await client.GET('/api/v1/transcripts/{transcript}', {
      ...inTime(),
      params: { path: { transcript }, query: { after } },
      ...(token !== undefined && bearer(token)),
    }),
  );
}

export async function deleteTranscript(deletionCode: string): Promise<void> {
  const params = { path: { transcript: deletionCode } };
  done(await client.DELETE('/api/v1/transcripts/{transcript}', { ...inTime(), params }));
}

export async function currentTranscript(token: string): Promise<CurrentTranscript> {
  return unwrap(await client.GET('/api/v1/meeting/transcript', { ...inTime(), ...bearer(token) }));
}

export async function startTranscript(token: string): Promise<StartedTranscript> {
  return unwrap(await client.POST('/api/v1/meeting/transcript', { ...inTime(), ...bearer(token) }));
}

export async function stopTranscript(token: string): Promise<void> {
  done(await client.DELETE('/api/v1/meeting/transcript', { ...inTime(), ...bearer(token) }));
}

/** A plain link, so that the browser's own download does the work. */
export function exportHref(transcript: string, format: ExportFormat): string {
  return `/api/v1/transcripts/${encodeURIComponent(transcript)}/export?format=${format}`;
}
