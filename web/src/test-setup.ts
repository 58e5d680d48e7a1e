/** Gives tests the page that features expect: English words, and what jsdom lacks. */
import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import { startWords } from './i18n/words';

configure({ asyncUtilTimeout: 5000 });
await startWords('en');

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
});

vi.stubGlobal(
  'ResizeObserver',
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);
