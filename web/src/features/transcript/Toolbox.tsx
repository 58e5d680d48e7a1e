/** Search, copy and download. */
import { Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { exportHref } from '../../api/requests';
import { ButtonLink } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { Switch } from '../../ui/Switch';
import { TextField } from '../../ui/TextField';
import type { Paragraph } from './paragraphs';
import { plainText } from './plain-text';
import styles from './TranscriptPage.module.css';

interface ToolboxProps {
  code: string;
  paragraphs: readonly Paragraph[];
  wanted: string;
  onSearch: (wanted: string) => void;
  found: number;
}

export function Toolbox({ code, paragraphs, wanted, onSearch, found }: ToolboxProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.tools}>
      <search className={styles.search}>
        <TextField
          label={t('transcript.search')}
          type="search"
          value={wanted}
          onChange={onSearch}
          autoComplete="off"
        />
        <p className={styles.hits} role="status">
          {wanted.trim() !== '' && t('transcript.found', { count: found })}
        </p>
      </search>
      <CopyTools paragraphs={paragraphs} />
      <div className={styles.downloads}>
        <ButtonLink
          icon={Download}
          href={exportHref(code, 'vtt')}
          download
          data-testid="transcript-download-vtt"
        >
          {t('transcript.vtt')}
        </ButtonLink>
        <ButtonLink
          icon={Download}
          href={exportHref(code, 'markdown')}
          download
          data-testid="transcript-download-md"
        >
          {t('transcript.markdown')}
        </ButtonLink>
      </div>
    </div>
  );
}

function CopyTools({ paragraphs }: { paragraphs: readonly Paragraph[] }) {
  const { t } = useTranslation();
  const [withTimes, setWithTimes] = useState(false);
  return (
    <div className={styles.copy}>
      <CopyButton
        text={() => plainText(paragraphs, withTimes, t('common.unnamedPerson'))}
        icon={Copy}
        label={t('transcript.copy')}
        copied={t('transcript.copied')}
        refused={t('transcript.notCopied')}
        testId="transcript-copy"
      />
      <Switch label={t('transcript.withTimes')} isSelected={withTimes} onChange={setWithTimes} />
    </div>
  );
}
