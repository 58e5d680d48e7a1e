/** A picture in a video element; the room attaches and detaches the stream. */
import { useEffect, useRef } from 'react';
import type { Picture } from '../../call/room-port';

export function PictureView({ picture, className }: { picture: Picture; className: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => (video.current ? picture.attach(video.current) : undefined), [picture]);
  // Sound comes from elements of its own: see `Sounds`.
  return <video ref={video} className={className} autoPlay playsInline muted />;
}
