/** Before the door: how one will be seen, heard and named, and who is inside. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '../../api/requests';
import type { JoinOptions } from '../../call/session';
import { usePageTitle } from '../../page-title';
import { Page } from '../../ui/Page';
import { DeviceChips } from './DeviceChips';
import { JoinForm } from './JoinForm';
import styles from './PrejoinPage.module.css';
import { PreviewStage } from './PreviewStage';
import { usePreview } from './use-preview';

interface PrejoinPageProps {
  room: RoomState;
  onJoin: (options: JoinOptions) => void;
}

export function PrejoinPage({ room, onJoin }: PrejoinPageProps) {
  const { t } = useTranslation();
  usePageTitle(room.name || t('common.unnamedRoom'));
  const preview = usePreview();
  useEffect(() => {
    // The call's code arrives while the person looks at the preview.
    void import('../../call/livekit/room');
  }, []);
  return (
    <Page width="stage">
      <div className={styles.prejoin}>
        <div className={styles.left}>
          <PreviewStage preview={preview} />
          <DeviceChips preview={preview} />
        </div>
        <JoinForm room={room} preview={preview} onJoin={onJoin} />
      </div>
    </Page>
  );
}
