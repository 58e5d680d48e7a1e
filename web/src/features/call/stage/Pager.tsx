/** Turns the pages of a stage that does not hold everybody. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Arrangement } from '../../../call/stage/arrangement';
import { Button } from '../../../ui/Button';
import styles from './Stage.module.css';

export function Pager({ arrangement, onTurn }: { arrangement: Arrangement; onTurn: (page: number) => void }) {
  const { t } = useTranslation();
  const { page, pages, pager } = arrangement;
  if (!pager) return null;
  const place: CSSProperties = { left: pager.x, top: pager.y, width: pager.width, height: pager.height };
  return (
    <nav className={styles.pager} style={place} aria-label={t('call.pages')}>
      <Button
        weight="quiet"
        icon={ChevronLeft}
        isDisabled={page === 0}
        onPress={() => onTurn(page - 1)}
        aria-label={t('call.pageBefore')}
      />
      <span>{t('call.page', { page: page + 1, pages })}</span>
      <Button
        weight="quiet"
        icon={ChevronRight}
        isDisabled={page === pages - 1}
        onPress={() => onTurn(page + 1)}
        aria-label={t('call.pageAfter')}
      />
    </nav>
  );
}
