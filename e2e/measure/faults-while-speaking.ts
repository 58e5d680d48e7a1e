/** Faults that come while somebody speaks: the clock jumps, the database is away, or the memory ends. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON } from '../conformance/python-peer.ts';
import { modelsFolder, type Server, startServer } from '../harness/server.ts';
import { samplePath } from '../harness/speech.ts';
import { token } from '../harness/tokens.ts';
import { pause, until } from '../harness/waiting.ts';
import { BACK_TIMEOUT_MS, FAKETIME, lineOf, NotRun, type Outcome, unready } from './outcome.ts';
import { comes, finalsOf, post, readAfterwards, readBy, type Speaker } from './speakers.ts';

/** A recording is recognised in that time on two cores that others use too. */
const SPOKEN_TIMEOUT_MS = 90_000;
/** A meeting ends twenty seconds after the last one left. */
const END_TIMEOUT_MS = 45_000;
/** The first sentence of a recording has ended by then, and was recognised. */
const WORDS_MS = 20_000;
/** What a server may still take when people flood in: some thousand of them. */
const SPARE_BYTES = 48 << 20;
const FLOOD_MAX = 20_000;
const FLOOD_AT_ONCE = 50;

/** Two people, one of whom is heard; a transcript is kept. */
class Talk {
  private constructor(
    readonly server: Server,
    readonly code: string,
    readonly transcript: string,
    private alice: Speaker,
    public bob: Speaker,
  ) {}

  static async begin(env: Record<string, string> = {}): Promise<Talk> {
    if (!existsSync(modelsFolder())) throw new NotRun('needs a speech model: scripts/models.sh');
    if (!existsSync(PYTHON)) throw new NotRun('needs Python peers');
    const server = await startServer({ captions: true, env });
    const { code } = await post<{ code: string }>(server, '/api/v1/rooms', {});
    const [alice, bob] = [await comes(server, code, 'Alice'), await comes(server, code, 'Bob')];
    const { transcript } = await post<{ transcript: string }>(server, '/api/v1/meeting/transcript', undefined, bob.joined.token);
    return new Talk(server, code, transcript, alice, bob);
  }

  /** Alice says a recording; returns when Bob has read that many final lines more. */
  async says(recording: string, lines: number): Promise<void> {
    const before = (await finalsOf(this.bob)).length;
    await this.alice.peer.call('publish_recording', { path: samplePath(recording) });
    await until(`${recording} is shown`, async () => (await finalsOf(this.bob)).length >= before + lines, SPOKEN_TIMEOUT_MS);
    await this.alice.peer.call('unpublish', { source: 'microphone' });
  }

  /** Of what Bob was shown, what the transcript holds in the order in which it was said. */
  async judge(reader: Speaker, shown: string[], word: string): Promise<Outcome> {
    const kept = await readBy(reader, this.server, this.transcript);
    let at = -1;
    const inOrder = shown.filter((text) => {
      const found = kept.indexOf(text, at + 1);
      at = found < 0 ? at : found;
      return found >= 0;
    });
    return { kept: inOrder.length, lost: shown.length - inOrder.length, word };
  }

  /** Of what Bob was shown, what the transcript holds: lines that waited come to him at once, in any order. */
  async holds(reader: Speaker, shown: string[], word: string): Promise<Outcome> {
    const kept = await readBy(reader, this.server, this.transcript);
    const lost = shown.filter((text) => {
      const at = kept.indexOf(text);
      if (at >= 0) kept.splice(at, 1);
      return at < 0;
    });
    return { kept: shown.length - lost.length, lost: lost.length, word };
  }

  /** Both join again. */
  async comeBack(): Promise<void> {
    [this.alice, this.bob] = [await comes(this.server, this.code, 'Alice'), await comes(this.server, this.code, 'Bob')];
  }

  leave(): void {
    this.alice.peer.kill();
    this.bob.peer.kill();
  }
}

const textsOf = async (speaker: Speaker): Promise<string[]> => (await finalsOf(speaker)).map((line) => line.text);

/** The clock of a running server jumps while two people are connected and lines are written. */
export async function clockJumps(by: string): Promise<Outcome> {
  if (!existsSync(FAKETIME)) throw new NotRun('needs libfaketime');
  const folder = mkdtempSync(join(tmpdir(), 'visio-clock-'));
  const clock = join(folder, 'clock');
  writeFileSync(clock, '+0');
  const talk = await Talk.begin({ LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
  const { server, bob } = talk;
  try {
    await talk.says('jfk', 1);
    writeFileSync(clock, by);
    // Who comes in now finds the meeting that goes on.
    const carol = await comes(server, talk.code, 'Carol');
    await talk.says('dots', 1);
    const query = new URLSearchParams({ access_token: bob.joined.token });
    const held = await fetch(`${server.url}/rtc/validate?${query}`);
    if (!held.ok) throw new Error(`Bob's token is refused: ${await held.text()}`);
    const outcome = await talk.judge(carol, await textsOf(bob), '');
    talk.leave();
    carol.peer.kill();
    const ended = (): boolean => readFileSync(server.log ?? '', 'utf8').includes('a meeting ended');
    await until('the meeting ends when all have left', ended, END_TIMEOUT_MS);
    return { ...outcome, word: lineOf(readFileSync(server.log ?? '', 'utf8'), 'clock').replace(/^.*WARN /, '') };
  } finally {
    talk.leave();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The clock is set back while the server is down, and the meeting goes on after it. */
export async function clockSetBackBetweenRuns(): Promise<Outcome> {
  if (!existsSync(FAKETIME)) throw new NotRun('needs libfaketime');
  // Not before this moment: a server does not start before the day on which it was built.
  const env: Record<string, string> = { LD_PRELOAD: FAKETIME, FAKETIME: '+1h', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  const talk = await Talk.begin(env);
  try {
    await talk.says('jfk', 1);
    const before = await textsOf(talk.bob);
    await talk.server.shutDown();
    talk.leave();
    env.FAKETIME = '+0';
    await talk.server.restart();
    await talk.comeBack();
    await talk.says('dots', 1);
    return await talk.judge(talk.bob, [...before, ...(await textsOf(talk.bob))], 'nothing: the meeting keeps its time');
  } finally {
    talk.leave();
    await talk.server.stop();
  }
}

/** Where lines are stored, and how that is taken away from a server and given back. */
export interface Storage {
  env: Record<string, string>;
  /** What `/readyz` names while it is away. */
  part: string;
  awayMs: number;
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
}

/** Words are said while the database is away: they are late and not lost, also if all have left by then. */
export async function databaseAway(storage: Storage, audience: 'stays' | 'leaves'): Promise<Outcome> {
  const talk = await Talk.begin(storage.env);
  const { server, bob } = talk;
  try {
    await talk.says('jfk', 1);
    const before = (await textsOf(bob)).length;
    await storage.takeAway();
    const shown = talk.says('dots', 1);
    shown.catch(() => undefined);
    const word = await unready(server, storage.part);
    if (audience === 'leaves') {
      // A final line is shown when it is stored: all that is known of it is that it was said.
      await pause(WORDS_MS);
      talk.leave();
      await pause(Math.max(storage.awayMs, END_TIMEOUT_MS));
      await storage.bringBack();
      const lines = await until('what was said is in the transcript', async () => {
        const kept = await readAfterwards(server, talk.transcript);
        return kept.length > before ? kept : null;
      }, SPOKEN_TIMEOUT_MS);
      return { kept: lines.length, lost: 0, word };
    }
    await pause(storage.awayMs);
    await storage.bringBack();
    await shown;
    // Reading is refused for some seconds more.
    return await until('the transcript is read', async () => talk.holds(bob, await textsOf(bob), word), BACK_TIMEOUT_MS);
  } finally {
    talk.leave();
    await server.stop();
  }
}

/** People come in until the memory that the server may have is full. */
export async function memoryLimit(): Promise<Outcome> {
  const talk = await Talk.begin();
  const { server, bob } = talk;
  try {
    await talk.says('jfk', 1);
    const shown = await textsOf(bob);
    limitMemory(server.pid ?? 0);
    const came = await flood(server);
    const word = `${came} more came in, then: ${lineOf(readFileSync(server.log ?? '', 'utf8'), 'memory')}`;
    talk.leave();
    await server.crash();
    await server.restart();
    const carol = await comes(server, talk.code, 'Carol');
    const outcome = await talk.judge(carol, shown, word);
    carol.peer.kill();
    return outcome;
  } finally {
    talk.leave();
    await server.stop();
  }
}

function limitMemory(pid: number): void {
  const size = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  const limit = Number(size?.[1]) * 1024 + SPARE_BYTES;
  if (spawnSync('prlimit', ['--pid', String(pid), `--as=${limit}`]).status !== 0) throw new NotRun('needs prlimit');
}

/** Lets people in, in rooms of their own, until the server ends; answers how many came. */
async function flood(server: Server): Promise<number> {
  const ended = (): Promise<boolean> => fetch(`${server.url}/livez`).then(() => false, () => true);
  for (let came = 0; came < FLOOD_MAX; came += FLOOD_AT_ONCE) {
    const group = Array.from({ length: FLOOD_AT_ONCE }, (_, n) => enters(server, `flood-${came}`, `${came + n}`));
    await Promise.all(group);
    if (await ended()) return came;
    await pause(1);
  }
  throw new Error(`${FLOOD_MAX} people fit into ${SPARE_BYTES >> 20} MB`);
}

/** One signal connection that is opened and not read. */
async function enters(server: Server, room: string, identity: string): Promise<void> {
  const query = new URLSearchParams({ access_token: await token(room, identity), protocol: '16' });
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  await new Promise<void>((resolve) => {
    const asked = request(`${server.url}/rtc?${query}`, { headers });
    asked.once('upgrade', (_, socket) => {
      socket.on('error', () => undefined);
      resolve();
    });
    asked.once('response', (answer) => answer.resume());
    asked.once('error', () => resolve());
    asked.once('close', () => resolve());
    asked.end();
  });
}
