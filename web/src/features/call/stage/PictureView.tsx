/** A picture in a video element; the room attaches and detaches the stream. */
import { type SyntheticEvent, useEffect, useRef } from 'react';
import type { Picture } from '../../../call/link';

interface PictureViewProps {
  picture: Picture;
  className: string;
  /** Told the picture's width by its height, at first and whenever a phone is turned. */
  onShape: (id: string, aspect: number) => void;
}

export function PictureView({ picture, className, onShape }: PictureViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => (video.current ? picture.attach(video.current) : undefined), [picture]);
  const tellShape = ({ currentTarget }: SyntheticEvent<HTMLVideoElement>) => {
    const { videoWidth, videoHeight } = currentTarget;
    if (videoWidth > 0 && videoHeight > 0) onShape(picture.id, videoWidth / videoHeight);
  };
  return (
    // Sound comes from elements of its own: see `Sounds`.
    <video
      ref={video}
      className={className}
      onResize={tellShape}
      onLoadedMetadata={tellShape}
      autoPlay
      playsInline
      muted
    />
  );
}
