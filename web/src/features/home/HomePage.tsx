/** The way in: start a meeting, join one, or return to one of the last. */
import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../../page-title';
import { Page } from '../../ui/Page';
import styles from './HomePage.module.css';
import { JoinForm } from './JoinForm';
import { RecentRooms } from './RecentRooms';
import { StartForm } from './StartForm';

export default function HomePage() {
  const { t } = useTranslation();
  usePageTitle('');
  return (
    <Page>
      <div className={styles.home}>
        <section className={styles.intro} aria-labelledby="home-title">
          <h1 id="home-title" className={styles.title}>
            {t('home.title')}
          </h1>
          <p className={styles.lead}>{t('home.lead')}</p>
          <StartForm />
        </section>
        <div className={styles.side}>
          <JoinForm />
          <RecentRooms />
        </div>
      </div>
    </Page>
  );
}
