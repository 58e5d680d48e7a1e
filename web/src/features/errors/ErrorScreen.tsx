/** A whole page for what stops one: what happened, what it means, and a way on. */
import { ArrowLeft, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { useOperator } from '../../api/use-config';
import { usePageTitle } from '../../page-title';
import { homePath } from '../../paths';
import { Button, ButtonLink } from '../../ui/Button';
import { ContactLink } from '../../ui/ContactLink';
import { Page } from '../../ui/Page';
import { useArrival } from '../../ui/use-arrival';
import styles from './ErrorScreen.module.css';
import { type ErrorKind, FAULTS, OWN_RETRY, UNASKED } from './kinds';

interface ErrorScreenProps {
  kind: ErrorKind;
  onRetry?: (() => void) | undefined;
  /** What goes on meanwhile, such as the next try; not announced, for it changes each second. */
  status?: string | undefined;
  /** Under which the server noted its own fault. */
  id?: string | null | undefined;
  /** More ways on, such as the transcript of a call that was closed. */
  children?: ReactNode;
}

export function ErrorScreen({ kind, onRetry, status, id = null, children }: ErrorScreenProps) {
  const { t } = useTranslation();
  const title = t(`errors.${kind}.title`);
  const retryWords = isIn(OWN_RETRY, kind) ? t(`errors.${kind}.retry`) : t('errors.unreachable.retry');
  const heading = useArrival<HTMLHeadingElement>();
  usePageTitle(title);
  return (
    <Page width="text">
      <div className={styles.screen} data-testid={`error-${kind}`}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p className={styles.text} role={UNASKED.includes(kind) ? 'alert' : undefined}>
          {t(`errors.${kind}.text`)}
        </p>
        {status !== undefined && <p className={styles.status}>{status}</p>}
        {FAULTS.includes(kind) && <Report id={id} />}
        <div className={styles.ways}>
          {onRetry && (
            <Button weight="primary" icon={RotateCw} onPress={onRetry}>
              {retryWords}
            </Button>
          )}
          {children}
          <ButtonLink weight={onRetry ? 'secondary' : 'primary'} icon={ArrowLeft} href={homePath()}>
            {t('common.home')}
          </ButtonLink>
        </div>
      </div>
    </Page>
  );
}

/** Whom to tell, as far as the server said before it was away, and what to tell them. */
function Report({ id }: { id: string | null }) {
  const { t } = useTranslation();
  const contact = useOperator()?.contact ?? null;
  if (contact === null && id === null) return null;
  return (
    <p className={styles.report}>
      {contact !== null && (
        <span>
          <Trans i18nKey="errors.contact" components={{ contact: <ContactLink contact={contact} /> }} />
        </span>
      )}
      {id !== null && <span data-testid="error-id">{t('errors.id', { id })}</span>}
    </p>
  );
}

function isIn<T extends string>(list: readonly T[], value: string): value is T {
  return (list as readonly string[]).includes(value);
}
