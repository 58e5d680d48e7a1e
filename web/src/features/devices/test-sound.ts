/** A short sound through the chosen loudspeaker, so that one knows before joining where the others will be heard. */

/** A fourth upwards, as doorbells have it. */
const NOTES_HZ = [523.25, 698.46];
const NOTE_SECONDS = 0.35;
const VOLUME = 0.25;

/** False where this loudspeaker, or any sound at all, cannot be had. */
export async function playTestSound(speaker: string | null): Promise<boolean> {
  try {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    const player = new Audio();
    player.srcObject = out.stream;
    // The default one where the browser does not let pages choose.
    if (speaker !== null && 'setSinkId' in player) await player.setSinkId(speaker);
    await player.play();
    const end = ring(context, out);
    setTimeout(() => void context.close(), (end - context.currentTime) * 1000);
    return true;
  } catch {
    return false;
  }
}

/** Answers when it is over, on the context's clock. */
function ring(context: AudioContext, out: AudioNode): number {
  const start = context.currentTime + 0.05;
  for (const [at, frequency] of NOTES_HZ.entries()) {
    const begin = start + at * NOTE_SECONDS;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    // Without a slope at either end loudspeakers click.
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(VOLUME, begin + 0.02);
    volume.gain.linearRampToValueAtTime(0, begin + NOTE_SECONDS);
    tone.connect(volume).connect(out);
    tone.start(begin);
    tone.stop(begin + NOTE_SECONDS);
  }
  return start + NOTES_HZ.length * NOTE_SECONDS;
}
