/** Copies the meeting's link and says that it did. */
import { Check, Link2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { roomPath } from '../../../paths';
import { Button } from '../../../ui/Button';
import { copyText } from '../../../ui/copy-text';

const SAID_MS = 2_500;

export function CopyLink({ code, compact = false }: { code: string; compact?: boolean }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await copyText(`${location.origin}${roomPath(code)}`);
    setCopied(true);
  };
  return (
    <>
      <Button
        weight={compact ? 'quiet' : 'primary'}
        icon={copied ? Check : Link2}
        onPress={() => void copy()}
        data-testid="call-invite"
      >
        {copied ? t('call.linkCopied') : t('call.copyLink')}
      </Button>
      <span role="status" className="visually-hidden">
        {copied && t('call.linkCopied')}
      </span>
    </>
  );
}
