/** Joins by a pasted link or a typed code. */
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { findCode } from '../../pasted-code';
import { roomPath, transcriptPath } from '../../paths';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import styles from './HomePage.module.css';

export function JoinForm() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [input, setInput] = useState('');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = findCode(input);
    if (found) go(found.opens === 'room' ? roomPath(found.code) : transcriptPath(found.code));
    else setProblem(input.trim() === '' ? t('home.joinEmpty') : t('home.joinUnreadable'));
  };
  const change = (value: string) => {
    setInput(value);
    setProblem(undefined);
  };
  return (
    <section className={styles.card} aria-labelledby="join-title">
      <h2 id="join-title" className={styles.cardTitle}>
        {t('home.joinTitle')}
      </h2>
      <form className={styles.join} onSubmit={submit} noValidate>
        <TextField
          label={t('home.joinLabel')}
          value={input}
          onChange={change}
          hint={t('home.joinHint')}
          placeholder={t('home.joinExample', { origin: location.origin })}
          problem={problem}
          autoComplete="off"
          spellCheck="false"
          testId="home-join-input"
        />
        <Button type="submit" data-testid="home-join">
          {t('home.join')}
        </Button>
      </form>
    </section>
  );
}
