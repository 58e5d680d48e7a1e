/** The strip of captions holds whole rows of text: what leaves at its top is never cut in half. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = `\n${readFileSync('src/features/call/captions/CaptionArea.module.css', 'utf8')}`;
const blockOf = (selector: string) => css.split(`\n${selector} {`)[1]?.split('\n}')[0] ?? '';

describe('rows of captions', () => {
  it('are counted whole at every size', () => {
    const counts = [...css.matchAll(/--rows: ([\d.]+);/g)].map(([, count]) => Number(count));
    expect(counts.length).toBeGreaterThan(2);
    expect(counts.filter((count) => !Number.isInteger(count))).toEqual([]);
    expect(blockOf('.area')).toContain('height: calc(var(--rows) * var(--row));');
  });

  it('are all that has a height in the strip, and the name stays beside the last of them', () => {
    for (const selector of ['.lines', '.line', '.text']) {
      const block = blockOf(selector);
      expect(block, selector).not.toBe('');
      expect(block, selector).not.toMatch(/\bgap:|padding:|margin:|-block(-start|-end)?:|border(-width)?:/);
    }
    expect(blockOf('.line')).toContain('line-height: var(--row);');
    expect(blockOf('.name')).toContain('position: sticky;');
  });
});
