/** Measures how loud a microphone is, ten times a second. */
import { levelOf } from './level';

const MEASURE_MS = 100;
const SAMPLES = 1_024;

/** Null where the browser processes no sound. */
function audioContext(): AudioContext | null {
  try {
    return new AudioContext();
  } catch {
    return null;
  }
}

/** The answer stops. A muted track is silent in itself, so a copy of it is measured, which goes nowhere. */
export function watchLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = audioContext();
  if (context === null) return () => {};
  const copy = track.clone();
  copy.enabled = true;
  const analyser = context.createAnalyser();
  analyser.fftSize = SAMPLES;
  context.createMediaStreamSource(new MediaStream([copy])).connect(analyser);
  const samples = new Float32Array(SAMPLES);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(levelOf(samples));
  }, MEASURE_MS);
  return () => {
    clearInterval(timer);
    copy.stop();
    void context.close();
  };
}
