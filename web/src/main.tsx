/** Starts the client: words first, so that nothing is drawn twice. */
import './tokens.css';
import './global.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { forbidMarkup } from './browser/trusted-types';
import { reloadAfterUpdate } from './features/errors/update';
import { preferredLocale, startWords } from './i18n/words';

forbidMarkup();

// The server was updated while this page was open: the old chunks are gone from it.
window.addEventListener('vite:preloadError', reloadAfterUpdate);

const root = document.getElementById('root');
if (root) {
  await startWords(preferredLocale());
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
