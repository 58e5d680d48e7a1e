/** Who is here, with what is on and off. */
import { Mic, MicOff, TriangleAlert, Video, VideoOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Person } from '../../../../call/link';
import { initialsOf, speakerColour } from '../../../../ui/speaker-colour';
import { CopyLink } from '../../bar/CopyLink';
import { LookalikeMark } from '../../people/LookalikeMark';
import { usePart, useSession } from '../../use-call';
import { Panel } from '../Panel';
import styles from '../Panel.module.css';

export function PeoplePanel({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const people = usePart(session.people, (view) => view.people);
  const { t } = useTranslation();
  return (
    <Panel kind="people" title={t('call.peopleCount', { count: people.length })} onClose={onClose}>
      <ul>
        {people.map((person) => (
          <PersonRow key={person.identity} person={person} />
        ))}
      </ul>
      <div className={styles.invite}>
        <CopyLink code={session.code} />
      </div>
    </Panel>
  );
}

function PersonRow({ person }: { person: Person }) {
  const { t } = useTranslation();
  const name = person.name || t('common.unnamedPerson');
  return (
    <li
      className={styles.person}
      style={speakerColour(person.identity)}
      data-testid="person"
      data-name={person.name}
    >
      <span className={styles.badge} aria-hidden="true">
        {initialsOf(person.name)}
      </span>
      <span className={styles.personName} dir="auto">
        {person.isSelf ? t('call.you', { name }) : name}
      </span>
      {person.isLookalike && <LookalikeMark />}
      <span className={styles.state}>
        {person.quality !== 'good' && <State icon={TriangleAlert} words={t('call.connectionPoor')} off />}
        {person.microphoneOn ? (
          <State icon={Mic} words={t('call.microphoneOn')} />
        ) : (
          <State icon={MicOff} words={t('call.microphoneOff')} off />
        )}
        {person.camera ? (
          <State icon={Video} words={t('call.cameraOn')} />
        ) : (
          <State icon={VideoOff} words={t('call.cameraOff')} />
        )}
      </span>
    </li>
  );
}

function State({ icon: Icon, words, off = false }: { icon: typeof Mic; words: string; off?: boolean }) {
  return (
    <span data-off={off}>
      <Icon size={18} aria-hidden />
      <span className="visually-hidden">{words}</span>
    </span>
  );
}
