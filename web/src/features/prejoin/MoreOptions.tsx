/** What most people never change; open where somebody has. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConfig } from '../../api/use-config';
import { AUTO, useLanguageChoices } from '../../me/speech-languages';
import { Select } from '../../ui/Select';
import styles from './PrejoinPage.module.css';

export function MoreOptions({
  language,
  onLanguage,
}: {
  language: string;
  onLanguage: (language: string) => void;
}) {
  const { t } = useTranslation();
  const languages = useLanguageChoices(useConfig()?.captions.languages);
  const [wasChosen] = useState(language !== AUTO);
  return (
    <details className={styles.more} open={wasChosen}>
      <summary>{t('prejoin.more')}</summary>
      <Select
        label={t('prejoin.language')}
        choices={languages}
        value={language}
        onChange={onLanguage}
        testId="prejoin-language"
      />
    </details>
  );
}
