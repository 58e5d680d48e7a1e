/** After the call: thanks, what was kept, and the way back in. */
import { NotebookText, RotateCcw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useConfig } from '../../api/use-config';
import { usePageTitle } from '../../page-title';
import { homePath, transcriptPath } from '../../paths';
import { Button, ButtonLink } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { useArrival } from '../../ui/use-arrival';
import styles from './GoodbyePage.module.css';

interface GoodbyePageProps {
  roomName: string;
  transcript: string | null;
  onRejoin: () => void;
}

export function GoodbyePage({ roomName, transcript, onRejoin }: GoodbyePageProps) {
  const { t } = useTranslation();
  const heading = useArrival<HTMLHeadingElement>();
  usePageTitle(t('goodbye.title'));
  const isHeard = useConfig()?.captions.available !== false;
  return (
    <Page width="text">
      <div className={styles.goodbye} data-testid="goodbye">
        <h1 ref={heading} className={styles.title} tabIndex={-1}>
          {t('goodbye.title')}
        </h1>
        <p className={styles.text}>{t('goodbye.left', { room: roomName || t('common.unnamedRoom') })}</p>
        {transcript !== null && (
          <section className={styles.kept} aria-labelledby="kept-title">
            <NotebookText size={28} aria-hidden />
            <div>
              <h2 id="kept-title" className={styles.keptTitle}>
                {t(isHeard ? 'goodbye.kept' : 'goodbye.unkept')}
              </h2>
              <p className={styles.keptText}>{t(isHeard ? 'goodbye.keptText' : 'goodbye.unkeptText')}</p>
            </div>
            <ButtonLink
              weight={isHeard ? 'primary' : 'quiet'}
              href={transcriptPath(transcript)}
              data-testid="goodbye-transcript"
            >
              {t('goodbye.transcript')}
            </ButtonLink>
          </section>
        )}
        <div className={styles.ways}>
          <Button icon={RotateCcw} onPress={onRejoin} data-testid="goodbye-rejoin">
            {t('goodbye.rejoin')}
          </Button>
          <ButtonLink weight="quiet" href={homePath()}>
            {t('common.home')}
          </ButtonLink>
        </div>
      </div>
    </Page>
  );
}
