/** A picture of a row, as SVG: lines of the picture, rate on the wire and concealed sound over time, all servers in one. */
import type { Recording } from './figures.ts';
import type { Row } from './rows.ts';

export interface Curve {
  server: string;
  recording: Recording;
}

const WIDTH = 900;
const PANEL_HEIGHT = 150;
const [LEFT, RIGHT, TOP, GAP] = [60, 20, 60, 46];
const COLOURS = ['#0b7285', '#d9480f', '#5f3dc4'];

type Points = [number, number][];

interface Panel {
  title: string;
  most: number;
  curves: Points[];
}

export function svg(row: Row, curves: Curve[]): string {
  const panels: Panel[] = [
    panel('lines of the received picture', curves.map(heights), 540),
    panel('kbit/s down the receiver’s line', curves.map(rates), 100),
    panel('% of the sound concealed', curves.map(concealed), 10),
  ];
  const height = TOP + panels.length * (PANEL_HEIGHT + GAP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${LEFT}" y="24" font-size="16">${escape(row.name)}</text>`,
    ...curves.map(({ server }, n) => `<text x="${LEFT + n * 180}" y="44" fill="${COLOURS[n]}">— ${escape(server)}</text>`),
    ...panels.map((one, n) => draw(row, one, TOP + n * (PANEL_HEIGHT + GAP))),
    '</svg>',
  ].join('\n');
}

function panel(title: string, curves: Points[], least: number): Panel {
  const most = Math.max(least, ...curves.flat().map(([, value]) => value));
  return { title, most, curves };
}

function draw(row: Row, { title, most, curves }: Panel, top: number): string {
  const bottom = top + GAP / 2 + PANEL_HEIGHT;
  const x = (seconds: number): number => LEFT + (seconds / row.seconds) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => bottom - (value / most) * PANEL_HEIGHT;
  const line = (x1: number, y1: number, x2: number, y2: number, style: string): string =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${style}/>`;
  const values = [0, most / 2, most].map((value) => [
    line(LEFT, y(value), WIDTH - RIGHT, y(value), 'stroke="#dee2e6"'),
    `<text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end" fill="#495057">${Math.round(value)}</text>`,
  ]);
  const seconds = ticks(row.seconds).map((at) => `<text x="${x(at)}" y="${bottom + 15}" text-anchor="middle" fill="#495057">${at} s</text>`);
  const marks = [...new Set([...row.during.map(({ at }) => at), ...(row.better === undefined ? [] : [row.better])])].map((at) => line(x(at), y(most), x(at), bottom, 'stroke="#868e96" stroke-dasharray="4 4"'));
  const paths = curves.map(
    (points, n) =>
      `<polyline fill="none" stroke="${COLOURS[n]}" stroke-width="1.5" points="${points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}"/>`,
  );
  return [`<text x="${LEFT}" y="${top + GAP / 2 - 6}">${escape(title)}</text>`, ...values.flat(), ...seconds, ...marks, ...paths].join('\n');
}

function ticks(seconds: number): number[] {
  const every = seconds > 60 ? 10 : 5;
  return Array.from({ length: Math.floor(seconds / every) + 1 }, (_, n) => n * every);
}

const secondsOf = (recording: Recording, at: number): number => (at - recording.startedAt) / 1000;

/** Steps: a height holds until the next one. */
function heights({ recording }: Curve): Points {
  const points: Points = [];
  for (const { at, height } of recording.receiver.filter((sample) => sample.at >= recording.startedAt)) {
    const before = points.at(-1);
    if (before && before[1] !== height) points.push([secondsOf(recording, at), before[1]]);
    points.push([secondsOf(recording, at), height]);
  }
  return points;
}

function rates({ recording }: Curve): Points {
  return recording.wire.slice(1).map((after, n) => {
    const before = recording.wire[n] ?? after;
    const bits = (after.down.delivered_bytes - before.down.delivered_bytes) * 8;
    return [secondsOf(recording, after.at), bits / Math.max(1, after.at - before.at)];
  });
}

/** Second by second. */
function concealed({ recording }: Curve): Points {
  const points: Points = [];
  let before = recording.receiver.find((sample) => sample.at >= recording.startedAt);
  for (const sample of recording.receiver) {
    if (!before || sample.at < before.at + 1000) continue;
    const rise = (name: string): number => (sample.counts[name] ?? 0) - (before?.counts[name] ?? 0);
    points.push([secondsOf(recording, sample.at), rise('sound') > 0 ? (100 * rise('concealed')) / rise('sound') : 100]);
    before = sample;
  }
  return points;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
