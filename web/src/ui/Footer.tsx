/** Who runs this server and answers for it: at the foot of every page outside calls. */
import { useTranslation } from 'react-i18next';
import { useOperator } from '../api/use-config';
import { ContactLink } from './ContactLink';
import styles from './Footer.module.css';

export function Footer() {
  const { t } = useTranslation();
  const operator = useOperator();
  if (!operator) return null;
  const links = [
    { url: operator.legal_url, label: t('common.legal') },
    { url: operator.privacy_url, label: t('common.privacy') },
    { url: operator.accessibility_url, label: t('common.accessibility') },
  ].flatMap(({ url, label }) => (url ? [{ url, label }] : []));
  if (!operator.name && !operator.contact && links.length === 0) return null;
  return (
    <footer className={styles.footer}>
      {operator.name && <p>{t('common.hostedBy', { organisation: operator.name })}</p>}
      <ul className={styles.links}>
        {links.map(({ url, label }) => (
          <li key={url}>
            <a href={url}>{label}</a>
          </li>
        ))}
        {operator.contact && (
          <li>
            {t('common.contact')} <ContactLink contact={operator.contact} />
          </li>
        )}
      </ul>
    </footer>
  );
}
