/** Serves a page of the tests: an unmodified livekit-client, bundled with the few lines that drive it. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

export interface PageHost {
  url: string;
  close(): void;
}

export async function hostPage(entry: string, address = '127.0.0.1'): Promise<PageHost> {
  const script = await bundle(entry);
  const sdk = dirname(createRequire(import.meta.url).resolve('livekit-client'));
  const worker = readFileSync(join(sdk, 'livekit-client.e2ee.worker.js'));
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/page.js') return void response.setHeader('content-type', 'text/javascript').end(script);
    if (path === '/e2ee-worker.js') return void response.setHeader('content-type', 'text/javascript').end(worker);
    if (path !== '/') return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/html; charset=utf-8').end(HTML);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${address}:${port}/`, close: () => void server.close() };
}

/** A script for a browser, with all that it imports. */
export async function bundle(entry: string): Promise<string> {
  const built = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife', target: 'es2022', logLevel: 'error' });
  return built.outputFiles[0]?.text ?? '';
}

const HTML = '<!doctype html><title>peer</title><link rel="icon" href="data:,"><div id="stage"></div><script src="/page.js"></script>';
