/** Fifty times `kill -9` in the middle of speech: what a client was shown as final is in the database.
 *
 *  Two Python peers join by the HTTP API, one speaks a recording, the other keeps every final line of
 *  `lk.transcription`. After a while chosen at random the server is killed; it is started again on the same
 *  data and asked for the transcript. A run in which no final line was ever shown proves nothing and fails.
 */
import { startServer, type Server } from '../harness/server.ts';
import { samplePath } from '../harness/speech.ts';
import { pause } from '../harness/waiting.ts';
import { comes, finalsOf, post, readBy, type ShownLine } from './speakers.ts';

const TIMES = Number(process.env.TIMES ?? 50);
const SPEECH_MS_MIN = 4_000;
const SPEECH_MS_MAX = 16_000;
// What was on its way to the listener when the server died has arrived by then.
const LAST_PACKETS_MS = 300;

async function main(): Promise<number> {
  const server = await startServer({ captions: true });
  const { code } = await post<{ code: string }>(server, '/api/v1/rooms', {});
  let [shown, lost] = [0, 0];
  for (let n = 1; n <= TIMES; n += 1) {
    const { transcript, lines } = await speakUntilKilled(server, code);
    await server.restart();
    // The meeting goes on after the restart: until its end it is read by those who are in it.
    const carol = await comes(server, code, 'Carol');
    const kept = await readBy(carol, server, transcript);
    carol.peer.kill();
    const missing = lines.filter((line) => !kept.includes(line.text));
    shown += lines.length;
    lost += missing.length;
    console.log(`${n}/${TIMES}: ${lines.length} final lines shown, ${kept.length} kept, ${missing.length} lost ${missing.map((line) => line.text).join(' | ')}`);
  }
  await server.stop();
  console.log(`kill -9: ${TIMES} times, ${shown} final lines shown, ${lost} lost`);
  return lost === 0 && shown > 0 ? 0 : 1;
}

async function speakUntilKilled(server: Server, code: string): Promise<{ transcript: string; lines: ShownLine[] }> {
  const alice = await comes(server, code, 'Alice');
  const bob = await comes(server, code, 'Bob');
  const { transcript } = await post<{ transcript: string }>(server, '/api/v1/meeting/transcript', undefined, bob.joined.token);
  await alice.peer.call('publish_recording', { path: samplePath(Math.random() < 0.5 ? 'jfk' : 'dots') });
  await pause(SPEECH_MS_MIN + Math.random() * (SPEECH_MS_MAX - SPEECH_MS_MIN));
  await server.crash();
  await pause(LAST_PACKETS_MS);
  const lines = await finalsOf(bob);
  alice.peer.kill();
  bob.peer.kill();
  return { transcript, lines };
}

process.exit(await main());
