/** A shared screen that can be looked at closely. */
import { Scan, ZoomIn, ZoomOut } from 'lucide-react';
import { type CSSProperties, type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Size } from '../../../call/stage/frame';
import { WHOLE, zoomIn, zoomOut } from '../../../call/stage/zoom';
import { useZoom } from './use-zoom';
import styles from './ZoomView.module.css';

interface ZoomViewProps {
  tile: Size;
  /** A screen in the strip is shown whole. */
  isActive: boolean;
  children: ReactNode;
}

export function ZoomView({ tile, isActive, children }: ZoomViewProps) {
  const { t } = useTranslation();
  const surface = useRef<HTMLDivElement>(null);
  const { zoom, change, handlers } = useZoom(surface, tile, isActive);
  // Larger by size and not by a transform: the room then sends as many pixels as there are to be seen.
  const isClose = zoom.scale > 1;
  const place: CSSProperties = {
    left: (tile.width * (1 - zoom.scale)) / 2 + zoom.x,
    top: (tile.height * (1 - zoom.scale)) / 2 + zoom.y,
    width: tile.width * zoom.scale,
    height: tile.height * zoom.scale,
  };
  return (
    <>
      <div ref={surface} className={styles.surface} data-active={isActive} data-close={isClose} {...handlers}>
        <div className={styles.picture} style={isClose ? place : undefined} data-testid="zoomed">
          {children}
        </div>
      </div>
      {isActive && (
        <fieldset className={styles.tools} aria-label={t('call.zoom')} data-close={isClose}>
          <ZoomTool icon={ZoomOut} label={t('call.zoomOut')} onPress={() => change(zoomOut(zoom, tile))} />
          {isClose && <ZoomTool icon={Scan} label={t('call.zoomWhole')} onPress={() => change(WHOLE)} />}
          <ZoomTool icon={ZoomIn} label={t('call.zoomIn')} onPress={() => change(zoomIn(zoom, tile))} />
        </fieldset>
      )}
    </>
  );
}

function ZoomTool({ icon: Icon, label, onPress }: { icon: typeof Scan; label: string; onPress: () => void }) {
  return (
    <button type="button" className={styles.tool} aria-label={label} title={label} onClick={onPress}>
      <Icon size={18} aria-hidden />
    </button>
  );
}
