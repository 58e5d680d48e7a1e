/** Nothing that a stranger sends becomes markup, whatever a library does with it. */
import { expect, test, vi } from 'vitest';
import { emptyOnly, forbidMarkup } from './trusted-types';

test('an element may be emptied and nothing be written into it', () => {
  expect(emptyOnly('')).toBe('');
  for (const text of ['<img src=x onerror=alert(1)>', 'Alice', ' ']) expect(emptyOnly(text)).toBeNull();
});

test('the policy is the default one, and a browser without it is left alone', () => {
  const createPolicy = vi.fn();
  forbidMarkup({ trustedTypes: { createPolicy } });
  expect(createPolicy).toHaveBeenCalledWith('default', { createHTML: emptyOnly });
  expect(() => forbidMarkup({})).not.toThrow();
});
