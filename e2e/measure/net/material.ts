/** What the publisher's camera shows and its microphone hears: the same on every server. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { samplePath } from '../../harness/speech.ts';

/** Tables, pictures and recordings of the bench. */
export const OUT = join(import.meta.dirname, '../../../target/bench/net');

const CAMERA = join(OUT, 'camera.y4m');
/** It begins again after that; longer would be a large file, shorter would be learned by heart by the codec. */
const CAMERA_SECONDS = 6;

/** A picture that moves everywhere and has grain, as a camera's has: it costs the codec its whole budget. */
const SCENE = `testsrc2=size=960x540:rate=15:duration=${CAMERA_SECONDS},noise=all_strength=6:all_flags=t,format=yuv420p`;

export function cameraFile(): string {
  mkdirSync(OUT, { recursive: true });
  if (existsSync(CAMERA)) return CAMERA;
  const unfinished = `${CAMERA}.part`;
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', SCENE, '-f', 'yuv4mpegpipe', unfinished]);
  renameSync(unfinished, CAMERA);
  return CAMERA;
}

/** A man speaks without long pauses; Chromium begins it again when it ends. */
export function microphoneFile(): string {
  const path = samplePath('jfk');
  if (!existsSync(path)) throw new Error(`there is no recording of speech at ${path}: type scripts/speech-samples.sh`);
  return path;
}
