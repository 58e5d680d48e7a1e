/** The table of all rows, in Markdown. */
import type { Figures } from './figures.ts';
import type { Gate, Row } from './rows.ts';

/** What a row came to on one server: figures, or why there are none. */
export interface Result {
  row: Row;
  server: string;
  outcome: Figures | string;
  /** Ours; on the server beside it nothing is judged. */
  judged: boolean;
}

const COLUMNS = [
  'line',
  'server',
  'concealed (silent) %',
  'in the first 5 s %',
  'frozen %',
  'fps',
  'lines of the picture',
  'switches /min',
  'keyframes',
  'down kbit/s (packets/s)',
  'up kbit/s (packets/s)',
  'first picture s',
  'gone s: sound, picture',
  'back s: sound, picture',
  'down, best again s',
  'gate',
];

export function markdown(results: Result[]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(COLUMNS), line(COLUMNS.map(() => '---')), ...results.map((result) => line(cellsOf(result)))].join('\n');
}

/** Whether a gate of ours does not hold, or was not measured. */
export const failed = ({ row, outcome, judged }: Result): boolean => judged && (typeof outcome === 'string' || row.gates.some((gate) => !holds(gate, outcome)));

/** One row in a few words, while the others are still to come. */
export const summary = (result: Result): string =>
  `${typeof result.outcome === 'string' ? 'not measured' : failed(result) ? 'FAIL' : 'ok  '} ${result.row.name}, ${result.server}: ` +
  (typeof result.outcome === 'string'
    ? result.outcome
    : [`concealed ${one(result.outcome.concealedPercent)} %`, pictureOf(result.row, result.outcome), verdicts(result)].filter(Boolean).join(', '));

const pictureOf = (row: Row, f: Figures): string =>
  row.camera === 'none' ? '' : `${one(f.fps)} fps, frozen ${one(f.frozenPercent)} %, ${heights(f)}, ${one(f.switchesPerMinute)} switches/min`;

function cellsOf(result: Result): string[] {
  const { row, server, outcome } = result;
  if (typeof outcome === 'string') return [row.name, server, `not measured: ${outcome}`, ...COLUMNS.slice(3).map(() => '')];
  const f = outcome;
  const picture = row.camera === 'none' ? () => '' : (cell: string) => cell;
  return [
    row.name,
    server,
    `${one(f.concealedPercent)} (${one(f.silentPercent)})`,
    f.concealedAtFirstPercent === null ? '' : one(f.concealedAtFirstPercent),
    picture(one(f.frozenPercent)),
    picture(one(f.fps)),
    picture(heights(f)),
    picture(one(f.switchesPerMinute)),
    picture(`${f.keyframes}`),
    `${Math.round(f.downKbps)} (${Math.round(f.downPackets)})`,
    `${Math.round(f.upKbps)} (${Math.round(f.upPackets)})`,
    picture(orNever(f.firstPictureSeconds)),
    row.worse === undefined ? '' : `${orNever(f.soundGapSeconds)}, ${orNever(f.pictureGapSeconds)}`,
    comesBack(row) ? `${orNever(f.soundBackSeconds)}, ${orNever(f.pictureBackSeconds)}` : '',
    comesBack(row) ? `${orNever(f.downSeconds)}, ${orNever(f.bestAgainSeconds)}` : '',
    verdicts(result),
  ];
}

const verdicts = ({ row, outcome, judged }: Result): string =>
  typeof outcome === 'string' || !judged ? '' : row.gates.map((gate) => verdict(gate, outcome)).join('; ');

function verdict(gate: Gate, figures: Figures): string {
  const bound = gate.atMost === undefined ? `≥ ${gate.atLeast}` : `≤ ${gate.atMost}`;
  const measured = gate.measured(figures);
  return `${holds(gate, figures) ? 'pass' : '**FAIL**'}: ${gate.claim} ${orNever(measured)} ${bound} ${gate.unit}`;
}

function holds(gate: Gate, figures: Figures): boolean {
  const measured = gate.measured(figures);
  return measured !== null && measured <= (gate.atMost ?? Number.POSITIVE_INFINITY) && measured >= (gate.atLeast ?? 0);
}

const comesBack = (row: Row): boolean => row.better !== undefined && row.better !== row.worse;
const heights = (f: Figures): string => f.heights.map(([height, percent]) => `${height}: ${Math.round(percent)} %`).join(', ');
const orNever = (value: number | null): string => (value === null ? 'never' : one(value));
const one = (value: number): string => value.toFixed(1);
