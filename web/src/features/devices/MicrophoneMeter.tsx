/** A bar that moves with the voice, so that one knows before joining that one will be heard. */
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { levelOf } from '../../call/devices/level';
import styles from './MicrophoneMeter.module.css';

const REDRAW_MS = 60;

export function MicrophoneMeter({ track }: { track: MediaStreamTrack | null }) {
  const { t } = useTranslation();
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const listening = track && listen(track);
    if (!listening) return;
    const { context, analyser } = listening;
    const samples = new Float32Array(analyser.fftSize);
    // Before the first press on the page browsers keep new sound machines asleep, and this one must not seem deaf.
    const wake = () => void context.resume();
    wake();
    document.addEventListener('pointerdown', wake);
    document.addEventListener('keydown', wake);
    let shown = 0;
    // Drawn by hand: thirty renders a second of the whole screen would cost more than the call.
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      // Falls slower than it rises, as needles do.
      shown = Math.max(levelOf(samples), shown * 0.8);
      bar.current?.style.setProperty('--level', shown.toFixed(2));
      bar.current?.setAttribute('aria-valuenow', String(Math.round(shown * 100)));
    }, REDRAW_MS);
    return () => {
      clearInterval(timer);
      document.removeEventListener('pointerdown', wake);
      document.removeEventListener('keydown', wake);
      void context.close();
    };
  }, [track]);
  if (!track) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> draws its own bar, which no browser lets one shape.
    <div
      ref={bar}
      className={styles.level}
      role="meter"
      aria-label={t('prejoin.meter')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <span />
    </div>
  );
}

/** Null where the browser processes no sound: the meter then rests, and the call works all the same. */
function listen(track: MediaStreamTrack): { context: AudioContext; analyser: AnalyserNode } | null {
  try {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    return { context, analyser };
  } catch {
    return null;
  }
}
