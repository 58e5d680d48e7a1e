/** What goes wrong around a server: nothing that it acknowledged is lost, and the operator reads what it is.
 *
 *  `npm run measure:faults [word of a name]…`. Each fault makes rooms before, during and after; every room whose
 *  making was answered with 201 must be found at the end. Those that come while people speak judge final lines: what
 *  was shown is in the transcript, in its order. What this machine lacks (root for a small disk, libfaketime,
 *  a speech model) is printed as not run, which is no success.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsFolder, type Server, startServer } from '../harness/server.ts';
import { pause, until } from '../harness/waiting.ts';
import { clockJumps, clockSetBackBetweenRuns, databaseAway, memoryLimit } from './faults-while-speaking.ts';
import { BACK_TIMEOUT_MS, FAKETIME, lineOf, NotRun, type Outcome, unready } from './outcome.ts';
import { startPostgres } from './postgres.ts';

const AWAY_MS = Number(process.env.AWAY_MS ?? 60_000);
const KILLS = process.env.TIMES ?? '50';
const SMALL_DISK = '160m';

/** The rooms that a server said it made. */
class Rooms {
  readonly #codes: string[] = [];

  /** The status of an attempt to make one. */
  async make(server: Server): Promise<{ status: number; retryAfter: string | null }> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/api/v1/rooms`, { method: 'POST', headers, body: '{}' });
    if (answer.status === 201) this.#codes.push(((await answer.json()) as { code: string }).code);
    return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
  }

  async judge(server: Server, word: string): Promise<Outcome> {
    let lost = 0;
    for (const code of this.#codes) lost += (await fetch(`${server.url}/api/v1/rooms/${code}`)).status === 200 ? 0 : 1;
    return { kept: this.#codes.length - lost, lost, word };
  }
}

const madeAgain = (rooms: Rooms, server: Server): Promise<boolean> =>
  until('rooms are made again', async () => (await rooms.make(server)).status === 201, BACK_TIMEOUT_MS);

/** Asks for rooms until one is refused as a database that is away is: try again later. */
async function refusedKindly(rooms: Rooms, server: Server): Promise<void> {
  await until(
    'a request is answered 503 with Retry-After',
    async () => {
      const { status, retryAfter } = await rooms.make(server);
      return status === 503 && retryAfter !== null;
    },
    BACK_TIMEOUT_MS,
  );
}

/** A folder on a disk that can be filled. */
class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'visio-small-'));
  readonly env = { VISIO_DATA__FOLDER: join(this.folder, 'data') };
  private readonly filler = join(this.folder, 'filler');

  static mount(): SmallDisk {
    const disk = new SmallDisk();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK}`, 'tmpfs', disk.folder]).status !== 0) throw new NotRun('needs root to mount a small disk');
    return disk;
  }

  fill(): void {
    spawnSync('dd', ['if=/dev/zero', `of=${this.filler}`, 'bs=64k']);
  }

  free(): void {
    rmSync(this.filler);
  }

  remove(): void {
    execFileSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}

async function diskFull(): Promise<Outcome> {
  const disk = SmallDisk.mount();
  const server = await startServer({ env: disk.env });
  try {
    const rooms = new Rooms();
    await rooms.make(server);
    disk.fill();
    await refusedKindly(rooms, server);
    const word = await unready(server, 'disk');
    disk.free();
    await madeAgain(rooms, server);
    await server.crash();
    await server.restart();
    return await rooms.judge(server, word);
  } finally {
    await server.stop();
    disk.remove();
  }
}

async function diskFullWhileSpeaking(): Promise<Outcome> {
  const disk = SmallDisk.mount();
  const storage = { env: disk.env, part: 'disk', awayMs: AWAY_MS, takeAway: async () => disk.fill(), bringBack: async () => disk.free() };
  return databaseAway(storage, 'stays').finally(() => disk.remove());
}

async function postgresAway(): Promise<Outcome> {
  const postgres = await startPostgres();
  const server = await startServer({ env: { VISIO_DATABASE__URL: postgres.url } });
  try {
    const rooms = new Rooms();
    await rooms.make(server);
    await postgres.stop();
    await refusedKindly(rooms, server);
    const word = await unready(server, 'database');
    await pause(AWAY_MS);
    await postgres.start();
    await madeAgain(rooms, server);
    return await rooms.judge(server, word);
  } finally {
    await server.stop();
    await postgres.remove();
  }
}

async function postgresAwayWhileSpeaking(audience: 'stays' | 'leaves'): Promise<Outcome> {
  const postgres = await startPostgres();
  const env = { VISIO_DATABASE__URL: postgres.url };
  const storage = { env, part: 'database', awayMs: AWAY_MS, takeAway: postgres.stop, bringBack: postgres.start };
  return databaseAway(storage, audience).finally(() => postgres.remove());
}

async function twoServers(): Promise<Outcome> {
  const postgres = await startPostgres();
  const env = { VISIO_DATABASE__URL: postgres.url };
  const server = await startServer({ env });
  try {
    const rooms = new Rooms();
    await rooms.make(server);
    const word = await startServer({ env }).then(
      () => Promise.reject(new Error('the second started all the same')),
      (error: Error) => lineOf(error.message, 'visio: '),
    );
    await madeAgain(rooms, server);
    await server.crash();
    await server.restart();
    return await rooms.judge(server, word);
  } finally {
    await server.stop();
    await postgres.remove();
  }
}

/** The clock shows another time, ahead of the present one, when the server starts again. */
async function clockSet(former: string, latter: string): Promise<Outcome> {
  if (!existsSync(FAKETIME)) throw new NotRun('needs libfaketime');
  const env: Record<string, string> = { LD_PRELOAD: FAKETIME, FAKETIME: former, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  const server = await startServer({ env });
  try {
    const rooms = new Rooms();
    await rooms.make(server);
    const bob = await joined(server);
    await server.shutDown();
    env.FAKETIME = latter;
    await server.restart();
    await madeAgain(rooms, server);
    const back = await joined(server, bob);
    if (back.identity !== bob.identity) throw new Error('a clock that was set cost Bob his identity');
    return await rooms.judge(server, 'nothing: tokens and rooms hold');
  } finally {
    await server.stop();
  }
}

interface Joined {
  code: string;
  identity: string;
  token: string;
}

async function joined(server: Server, former?: Joined): Promise<Joined> {
  const headers = { 'content-type': 'application/json', ...(former ? { authorization: `Bearer ${former.token}` } : {}) };
  const made = former ?? ((await (await fetch(`${server.url}/api/v1/rooms`, { method: 'POST', headers, body: '{}' })).json()) as { code: string });
  const body = JSON.stringify({ name: 'Bob', identity: former?.identity });
  const answer = await fetch(`${server.url}/api/v1/rooms/${made.code}/join`, { method: 'POST', headers, body });
  return { ...((await answer.json()) as Omit<Joined, 'code'>), code: made.code };
}

async function modelTruncated(): Promise<Outcome> {
  if (!existsSync(modelsFolder())) throw new NotRun('needs a speech model: scripts/models.sh');
  const folder = mkdtempSync(join(tmpdir(), 'visio-models-'));
  cpSync(modelsFolder(), folder, { recursive: true });
  for (const file of readdirSync(folder)) truncateSync(join(folder, file), 1_000_000);
  const server = await startServer({ captions: true, env: { VISIO_MODELS__FOLDER: folder } });
  try {
    const rooms = new Rooms();
    await rooms.make(server);
    return await rooms.judge(server, lineOf(readFileSync(server.log ?? '', 'utf8'), 'captions are off'));
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Something is done to the files of a server that is down; its start must refuse, and go on once they are restored. */
async function startRefused(spoil: (data: string) => void): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'visio-spoilt-'));
  const data = join(folder, 'data');
  const env: Record<string, string> = { VISIO_DATA__FOLDER: data, LIVEKIT_KEYS: '' };
  const server = await startServer({ env });
  try {
    const rooms = new Rooms();
    await rooms.make(server);
    await server.shutDown();
    cpSync(data, join(folder, 'backup'), { recursive: true });
    spoil(data);
    const word = await server.restart().then(
      () => Promise.reject(new Error('it started all the same')),
      () => lineOf(readFileSync(server.log ?? '', 'utf8'), 'visio: '),
    );
    rmSync(data, { recursive: true });
    cpSync(join(folder, 'backup'), data, { recursive: true });
    await server.restart();
    return await rooms.judge(server, word);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function folderDeleted(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'visio-deleted-'));
  const server = await startServer({ env: { VISIO_DATA__FOLDER: join(folder, 'data') } });
  try {
    const rooms = new Rooms();
    rmSync(join(folder, 'data'), { recursive: true });
    await refusedKindly(rooms, server);
    return { kept: 0, lost: 0, word: await unready(server, 'database') };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function killed(): Promise<Outcome> {
  const run = spawnSync('npm', ['run', '--silent', 'measure:kill'], { env: { ...process.env, TIMES: KILLS }, encoding: 'utf8' });
  const sum = /(\d+) final lines shown, (\d+) lost$/m.exec(run.stdout);
  if (!sum) throw new NotRun(`needs Python peers and a speech model: ${run.stderr.trim().split('\n').at(-1)}`);
  const [shown, lost] = [Number(sum[1]), Number(sum[2])];
  return { kept: shown - lost, lost, word: `${KILLS} times, the next start goes on with the meeting` };
}

const overwrite = (file: string, offset: number) => (data: string): void => {
  const path = join(data, file);
  const bytes = readFileSync(path);
  bytes.fill(0x5a, offset, offset + 2_000);
  writeFileSync(path, bytes);
};
const empty = (file: string) => (data: string): void => truncateSync(join(data, file), 0);

const FAULTS: [string, () => Promise<Outcome>][] = [
  ['database emptied', () => startRefused(empty('visio.db'))],
  ['database header damaged', () => startRefused(overwrite('visio.db', 0))],
  ['database page damaged', () => startRefused(overwrite('visio.db', 4_096))],
  ['database cut', () => startRefused((data) => truncateSync(join(data, 'visio.db'), 8_192))],
  ['master key with a letter too many', () => startRefused((data) => appendFileSync(join(data, 'master.key'), 'x'))],
  ['master key emptied', () => startRefused(empty('master.key'))],
  ['master key deleted', () => startRefused((data) => rmSync(join(data, 'master.key')))],
  ['API key emptied', () => startRefused(empty('api.key'))],
  ['data folder deleted while it runs', folderDeleted],
  ['disk full', diskFull],
  ['disk full while people speak', diskFullWhileSpeaking],
  ['PostgreSQL away', postgresAway],
  ['PostgreSQL away while people speak', () => postgresAwayWhileSpeaking('stays')],
  ['PostgreSQL away while people speak and leave', () => postgresAwayWhileSpeaking('leaves')],
  ['two servers on one PostgreSQL', twoServers],
  ['clock set back an hour', () => clockSet('+1h', '+0')],
  ['clock set forward an hour', () => clockSet('+0', '+1h')],
  ['clock jumps back an hour while people speak', () => clockJumps('-1h')],
  ['clock jumps forward an hour while people speak', () => clockJumps('+1h')],
  ['clock set back an hour between two runs of one meeting', clockSetBackBetweenRuns],
  ['memory limit reached while people speak', memoryLimit],
  ['model truncated', modelTruncated],
  ['kill -9 between lines', killed],
];

async function main(): Promise<number> {
  const wanted = process.argv.slice(2);
  let failed = 0;
  for (const [name, run] of FAULTS) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    try {
      const { kept, lost, word } = await run();
      failed += lost === 0 ? 0 : 1;
      console.log(`${lost === 0 ? 'ok     ' : 'LOST   '} ${name}: ${kept} kept, ${lost} lost; operator: ${word}`);
    } catch (error) {
      failed += 1;
      const what = error instanceof NotRun ? 'not run' : 'FAILED ';
      console.log(`${what} ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
