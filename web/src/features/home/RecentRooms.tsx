/** The last rooms, each one press away, with the transcript of its latest meeting. */
import { NotebookText, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { regionalLocale } from '../../i18n/region';
import { forgetRoom, type RecentRoom, recentRooms } from '../../me/recent-rooms';
import { roomPath, transcriptPath } from '../../paths';
import { Button, ButtonLink } from '../../ui/Button';
import { dayAndTime } from './day-and-time';
import styles from './HomePage.module.css';

export function RecentRooms() {
  const { t } = useTranslation();
  const [rooms, setRooms] = useState(recentRooms);
  if (rooms.length === 0) return null;
  const forget = (code: string) => {
    forgetRoom(code);
    setRooms(recentRooms());
  };
  return (
    <section className={styles.recent} aria-labelledby="recent-title">
      <h2 id="recent-title" className={styles.recentTitle}>
        {t('home.recent')}
      </h2>
      <ul>
        {rooms.map((room) => (
          <Room key={room.code} room={room} onForget={() => forget(room.code)} />
        ))}
      </ul>
    </section>
  );
}

function Room({ room, onForget }: { room: RecentRoom; onForget: () => void }) {
  const { t, i18n } = useTranslation();
  const name = room.name || t('common.unnamedRoom');
  return (
    <li className={styles.room}>
      <Link href={roomPath(room.code)} className={styles.roomLink}>
        <span className={styles.roomName} dir="auto">
          {name}
        </span>
        <span className={styles.when}>{dayAndTime(room.at, Date.now(), regionalLocale(i18n.language))}</span>
      </Link>
      {room.transcript && (
        <ButtonLink
          weight="quiet"
          icon={NotebookText}
          href={transcriptPath(room.transcript)}
          aria-label={t('home.openTranscript', { name })}
        >
          {t('home.transcript')}
        </ButtonLink>
      )}
      <Button weight="quiet" icon={X} onPress={onForget} aria-label={t('home.forget', { name })} />
    </li>
  );
}
