/** Recordings of real people, prepared once by scripts/speech-samples.sh, 16 kHz mono. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'visio');
const RATE_HZ = 16_000;
const HEADER_BYTES = 44;

/** Why captions cannot be tried here, or false. */
export function captionsMissing(): string | false {
  if (!existsSync(join(CACHE, 'models'))) return 'no speech models: type make models';
  if (!existsSync(samplePath('jfk'))) return 'no recordings: type scripts/speech-samples.sh';
  return false;
}

export const samplePath = (name: string): string => join(CACHE, 'samples', `${name}.wav`);

/** A copy with silence around it, so that voices begin when the scene is set and lines can end. */
export function padded(name: string, before: number, after: number): string {
  const wav = readFileSync(samplePath(name));
  const sound = wav.subarray(HEADER_BYTES);
  const silence = (seconds: number): Buffer => Buffer.alloc(Math.round(seconds * RATE_HZ) * 2);
  const body = Buffer.concat([silence(before), sound, silence(after)]);
  const header = Buffer.from(wav.subarray(0, HEADER_BYTES));
  header.writeUInt32LE(HEADER_BYTES - 8 + body.length, 4);
  header.writeUInt32LE(body.length, 40);
  const folder = join(tmpdir(), 'visio-e2e-speech');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}-${before}-${after}.wav`);
  writeFileSync(path, Buffer.concat([header, body]));
  return path;
}

/** Lower case, no accents, no punctuation: what two spellings of one word have in common. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}']+/u)
    .filter((word) => word !== '');
