/** Copies the meeting's link and says that it did. */
import { Link2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { roomPath } from '../../../paths';
import { CopyButton } from '../../../ui/CopyButton';

export function CopyLink({ code }: { code: string }) {
  const { t } = useTranslation();
  const link = `${location.origin}${roomPath(code)}`;
  return (
    <CopyButton
      text={() => link}
      weight="primary"
      icon={Link2}
      label={t('call.copyLink')}
      copied={t('call.linkCopied')}
      refused={t('call.linkNotCopied', { link })}
      testId="call-invite"
    />
  );
}
