/** Search, copy and download. */
import { Check, Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { exportHref } from '../../api/requests';
import { Button, ButtonLink } from '../../ui/Button';
import { copyText } from '../../ui/copy-text';
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
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(plainText(paragraphs, withTimes, t('common.unnamedPerson')));
    setCopied(true);
  };
  const change = (on: boolean) => {
    setWithTimes(on);
    setCopied(false);
  };
  return (
    <div className={styles.copy}>
      <Button icon={copied ? Check : Copy} onPress={() => void copy()} data-testid="transcript-copy">
        {copied ? t('transcript.copied') : t('transcript.copy')}
      </Button>
      <Switch label={t('transcript.withTimes')} isSelected={withTimes} onChange={change} />
    </div>
  );
}
