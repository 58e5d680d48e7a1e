/** One real Chromium with fake devices, kept quiet on the network. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { pause } from './waiting.ts';

export interface BrowserOptions {
  /** A WAV that the microphone plays once, from the moment it is opened. */
  microphoneFile?: string;
  /** Forces WebRTC off UDP altogether. */
  withoutUdp?: boolean;
  flags?: string[];
  /** A program that starts Chromium with the arguments it is given, in a network of its own. */
  executable?: string;
}

export const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

export async function launchBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: options.executable ?? EXECUTABLE,
    headless: true,
    args: [
      ...QUIET_FLAGS,
      ...MEDIA_FLAGS,
      ...(options.microphoneFile ? [`--use-file-for-fake-audio-capture=${options.microphoneFile}%noloop`] : []),
      ...(options.withoutUdp ? ['--webrtc-ip-handling-policy=disable_non_proxied_udp'] : []),
      ...(options.flags ?? []),
    ],
  });
  return browser;
}

/**
 * A browser whose owner has changed its settings, as in Chromium's own file of preferences. Closing the context
 * ends the browser and deletes its profile.
 */
export async function launchWithSettings(settings: object, options: BrowserContextOptions): Promise<BrowserContext> {
  const profile = mkdtempSync(join(tmpdir(), 'visio-profile-'));
  mkdirSync(join(profile, 'Default'));
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(settings));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: [...QUIET_FLAGS, ...MEDIA_FLAGS],
    ...options,
  });
  context.once('close', () => void removeLater(profile));
  return readyContext(context);
}

/** The browser writes for a moment after it says that it is closed. */
async function removeLater(profile: string): Promise<void> {
  await pause(1_000);
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => undefined);
}

/** Playwright sends closures as text; the name helper that the TypeScript loader adds must exist there. */
export async function readyContext(context: BrowserContext): Promise<BrowserContext> {
  await context.addInitScript('globalThis.__name = (f) => f;');
  return context;
}

// Chromium as root in a container needs no sandbox of its own; the others stop its own calls home.
const QUIET_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// Pages in the background must go on sending pictures; loopback is the only network there is.
const MEDIA_FLAGS = [
  // Few frames: two cores carry several senders and receivers at once.
  '--use-fake-device-for-media-stream=fps=10',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];
