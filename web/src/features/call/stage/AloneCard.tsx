/** While nobody else is here: the link in sight, and the ways to send it. It stands beside the stage, never on it. */
import { Mail, Share2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { isThisMachineOnly, roomPath } from '../../../paths';
import { Button, ButtonLink } from '../../../ui/Button';
import { QrCode } from '../../../ui/QrCode';
import { CopyLink } from '../bar/CopyLink';
import styles from './AloneCard.module.css';

export function AloneCard({ code, title }: { code: string; title: string }) {
  const { t } = useTranslation();
  const link = `${location.origin}${roomPath(code)}`;
  const mail = `mailto:?subject=${encodeURIComponent(t('call.mailSubject'))}&body=${encodeURIComponent(link)}`;
  return (
    <section className={styles.card} aria-label={title} data-testid="alone">
      <h2 className={styles.title}>{title}</h2>
      <p className={styles.text}>
        {t(isThisMachineOnly(location.hostname) ? 'call.aloneHere' : 'call.aloneText')}
      </p>
      <p className={styles.link} dir="ltr" data-testid="alone-link">
        {link}
      </p>
      <div className={styles.qr}>
        <QrCode text={link} label={t('call.qrCode')} />
      </div>
      <div className={styles.ways}>
        <CopyLink code={code} />
        <ButtonLink href={mail} icon={Mail}>
          {t('call.mail')}
        </ButtonLink>
        {canShareLinks() && (
          // Who closes the chooser has decided.
          <Button icon={Share2} onPress={() => void navigator.share({ url: link }).catch(() => undefined)}>
            {t('call.shareLink')}
          </Button>
        )}
      </div>
    </section>
  );
}

/** Phones, and some desktops, hand a link to any of their programs. */
const canShareLinks = (): boolean => typeof navigator.share === 'function';
