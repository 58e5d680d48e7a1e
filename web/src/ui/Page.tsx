/** The frame of every page but the call: the name at the top, the language, one column of content. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useOperator } from '../api/use-config';
import { chooseLocale, LOCALE_NAMES, type Locale } from '../i18n/words';
import { Footer } from './Footer';
import { Logo } from './Logo';
import styles from './Page.module.css';

export function Page({
  children,
  width = 'wide',
}: {
  children: ReactNode;
  width?: 'wide' | 'text' | 'stage';
}) {
  const { t } = useTranslation();
  const logo = useOperator()?.logo;
  return (
    <>
      <header className={styles.header}>
        <Link href="/" className={styles.home} aria-label={`Visio – ${t('common.home')}`}>
          {logo && <img className={styles.operatorLogo} src={logo} alt="" />}
          <Logo />
        </Link>
        <LanguageChoice />
      </header>
      <main className={`${styles.main} ${styles[width]}`}>{children}</main>
      <Footer />
    </>
  );
}

function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <nav aria-label={t('common.languageOfPage')} className={styles.languages}>
      {(Object.keys(LOCALE_NAMES) as Locale[]).map((locale) => (
        <button
          key={locale}
          type="button"
          lang={locale}
          className={styles.language}
          aria-current={i18n.language === locale ? 'true' : undefined}
          onClick={() => void chooseLocale(locale)}
        >
          {LOCALE_NAMES[locale]}
        </button>
      ))}
    </nav>
  );
}
