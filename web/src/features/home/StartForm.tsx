/** Starts a meeting: one press is enough; a name is there for who wants one. */
import { useMutation } from '@tanstack/react-query';
import { Video } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { asProblem } from '../../api/problem';
import { createRoom } from '../../api/requests';
import { roomPath } from '../../paths';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { TextField } from '../../ui/TextField';
import { useProblemWords } from '../errors/problem-words';
import styles from './HomePage.module.css';

/** The server's limit; longer names are refused there. */
const ROOM_NAME_CHARS_MAX = 80;

export function StartForm() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const problemWords = useProblemWords();
  const [name, setName] = useState('');
  const start = useMutation({
    mutationFn: () => createRoom(name.trim()),
    onSuccess: (code) => go(roomPath(code)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!start.isPending) start.mutate();
  };
  return (
    <form className={styles.start} onSubmit={submit}>
      <TextField
        label={t('home.roomName')}
        value={name}
        onChange={setName}
        maxLength={ROOM_NAME_CHARS_MAX}
        placeholder={t('home.roomNameExample')}
        autoComplete="off"
      />
      <Button type="submit" weight="primary" size="l" icon={Video} data-testid="home-start">
        {t('home.start')}
      </Button>
      {start.isError && (
        <div role="alert">
          <Notice tone="warning">{problemWords(asProblem(start.error))}</Notice>
        </div>
      )}
    </form>
  );
}
