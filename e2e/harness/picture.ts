/** Whether a video shows a picture at all. */

/** One plain colour has a variance of nought. */
export const NOT_BLANK_VARIANCE = 20;

/** Variance of the brightness over the picture that a video shows; runs in the page. */
export function brightnessVariance(video: Element): number {
  const [width, height] = [64, 36];
  const pen = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
  if (!pen) return 0;
  pen.drawImage(video as HTMLVideoElement, 0, 0, width, height);
  const { data } = pen.getImageData(0, 0, width, height);
  const bright = Array.from({ length: width * height }, (_, n) => (data[4 * n] ?? 0) + (data[4 * n + 1] ?? 0) + (data[4 * n + 2] ?? 0));
  const mean = bright.reduce((sum, one) => sum + one, 0) / bright.length;
  return bright.reduce((sum, one) => sum + (one - mean) ** 2, 0) / bright.length;
}

/** The colour that a video shows, as text; runs in the page. Firefox's fake camera shows one plain colour after another. */
export function colour(video: Element): string {
  const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  pen?.drawImage(video as HTMLVideoElement, 0, 0, 1, 1);
  return `${pen?.getImageData(0, 0, 1, 1).data.join()}`;
}
