/** People for measurements without a browser: Python peers who join by the HTTP API and speak recordings. */
import { PythonPeer } from '../conformance/python-peer.ts';
import type { Server } from '../harness/server.ts';

export interface Joined {
  signal_url: string;
  token: string;
}

/** A final line as a listener is shown it. */
export interface ShownLine {
  segment: string;
  text: string;
}

export interface Speaker {
  peer: PythonPeer;
  joined: Joined;
}

export async function comes(server: Server, code: string, name: string): Promise<Speaker> {
  const joined = await post<Joined>(server, `/api/v1/rooms/${code}/join`, { name, language: 'en' });
  const peer = await PythonPeer.start(name);
  await peer.call('join', { url: joined.signal_url, token: joined.token, single_peer_connection: true });
  return { peer, joined };
}

/** The final lines that somebody was shown so far. */
export const finalsOf = async ({ peer }: Speaker): Promise<ShownLine[]> => (await peer.call<{ finals: ShownLine[] }>('state')).finals;

/** The texts of a transcript in its order, as somebody reads it who is in the meeting. */
export const readBy = ({ joined }: Speaker, server: Server, transcript: string): Promise<string[]> =>
  textsIn(server, transcript, { authorization: `Bearer ${joined.token}` });

/** The same once the meeting is over, when the code is enough. */
export const readAfterwards = (server: Server, transcript: string): Promise<string[]> => textsIn(server, transcript, {});

async function textsIn(server: Server, transcript: string, headers: Record<string, string>): Promise<string[]> {
  const answer = await fetch(`${server.url}/api/v1/transcripts/${transcript}`, { headers });
  const { lines } = await read<{ lines: { text: string }[] }>(answer);
  return lines.map((line) => line.text);
}

export async function post<T>(server: Server, path: string, body: unknown, token?: string): Promise<T> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return read(await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
