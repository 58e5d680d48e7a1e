/** The matrix as Markdown: one line a claim, one column a protocol generation. */
import type { Outcome } from './row.ts';

export function table(outcomes: Outcome[]): string {
  const lines = ['| group | claim | v1 | v0 | measured |', '|---|---|---|---|---|'];
  for (const key of new Set(outcomes.map(keyOf))) {
    const same = outcomes.filter((outcome) => keyOf(outcome) === key);
    const [first] = same;
    if (!first) continue;
    lines.push(`| ${first.group} | ${first.name} | ${cell(same, 'v1')} | ${cell(same, 'v0')} | ${detailOf(same)} |`);
  }
  return `${lines.join('\n')}\n`;
}

const keyOf = (outcome: Outcome): string => `${outcome.group}: ${outcome.name}`;

function cell(outcomes: Outcome[], generation: string): string {
  const outcome = outcomes.find((one) => one.generation === generation);
  if (!outcome) return '–';
  return outcome.passed ? 'pass' : '**FAIL**';
}

// A failure's text matters more than another generation's figure.
function detailOf(outcomes: Outcome[]): string {
  const shown = outcomes.find((outcome) => !outcome.passed) ?? outcomes[0];
  return (shown?.detail ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300);
}
