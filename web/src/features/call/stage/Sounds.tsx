/** Plays everyone's sound, wherever their picture is. */
import { useEffect, useRef } from 'react';
import type { Sound } from '../../../call/link';
import { usePart, useSession } from '../use-call';

export function Sounds() {
  const people = usePart(useSession().people, (view) => view.people);
  return people.flatMap((person) => person.sounds.map((sound) => <SoundView key={sound.id} sound={sound} />));
}

function SoundView({ sound }: { sound: Sound }) {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => (audio.current ? sound.attach(audio.current) : undefined), [sound]);
  return <audio ref={audio} autoPlay />;
}
