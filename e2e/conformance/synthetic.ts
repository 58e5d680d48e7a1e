/** Tracks that cost little and are never still: a tone that comes and goes, a picture that moves. */

const TONE_HZ = 440;

export interface Picture {
  width: number;
  height: number;
  fps: number;
}

function tone(): MediaStreamTrack {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: TONE_HZ });
  const volume = new GainNode(context, { gain: 0.4 });
  // One channel: livekit-client sends stereo without redundancy.
  const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: 'explicit' });
  oscillator.connect(volume).connect(out);
  oscillator.start();
  return firstOf(out.stream.getAudioTracks());
}

/** A moving gradient with a running number: never blank, never the same twice. */
function picture({ width, height, fps }: Picture): MediaStreamTrack {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('this browser draws no canvas');
  let count = 0;
  const draw = (): void => {
    count += 1;
    const gradient = pen.createLinearGradient(0, 0, width, height);
    gradient.addColorStop(0, `hsl(${count * 7} 80% 40%)`);
    gradient.addColorStop(1, `hsl(${count * 11 + 120} 80% 70%)`);
    pen.fillStyle = gradient;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = 'white';
    pen.font = `${height / 3}px sans-serif`;
    pen.fillText(String(count), (count * 5) % width, height / 2);
  };
  draw();
  setInterval(draw, 1000 / fps);
  return firstOf(canvas.captureStream(fps).getVideoTracks());
}

function firstOf(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new Error('the synthetic source made no track');
  return track;
}

export const synthetic = { tone, picture };
