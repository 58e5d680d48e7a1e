/** Builds the client into hashed, self-contained assets; in development, hands API and signalling to a local server. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.VISIO_SERVER ?? 'http://localhost:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    // light-dark() and nesting reach these versions; older browsers see the "too old" page.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy allows no data: scripts or styles, so nothing is inlined.
    assetsInlineLimit: 0,
    manifest: true,
    sourcemap: false,
    // livekit-client is one library of 530 kB; it is loaded on the way into a call only.
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: {
      '/api': server,
      '/rtc': { target: server, ws: true },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test-setup.ts'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    // One jsdom for each thread: building one for each file took most of the time.
    pool: 'threads',
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    testTimeout: 20_000,
  },
});
