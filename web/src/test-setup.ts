/** Gives tests the page that features expect: English words, and what jsdom lacks. */
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';
import { startWords } from './i18n/words';

configure({ asyncUtilTimeout: 5000 });
await startWords('en');

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
});

/** jsdom lays nothing out, so nothing ever changes its size. */
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

/** Tests run in one tab; who needs another says so. */
Object.defineProperty(navigator, 'locks', {
  configurable: true,
  value: { query: async () => ({ held: [] }), request: async () => {} },
});

/** Enough of it for react-aria, which looks elements up by generated ids. */
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, '\\$&') } as typeof CSS;
