/** Someone at Firefox who uses the product by what it shows; driven over WebDriver BiDi, which Playwright does not speak. */
import { type Browser, launch, type Page } from 'puppeteer-core';
import { brightnessVariance, NOT_BLANK_VARIANCE } from './picture.ts';
import type { Server } from './server.ts';
import { until } from './waiting.ts';

const CALL_TIMEOUT_MS = 30_000;
// Energy of Firefox's and Chromium's fake microphones is far above, that of silence exactly nought.
const HEARD_ENERGY = 0.0005;
const NEW_FRAMES = 5;

export async function launchFirefox(): Promise<Browser> {
  return launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
    },
  });
}

export class FirefoxPerson {
  /** Requests to other origins and errors of the page. */
  readonly troubles: string[] = [];

  private constructor(
    readonly name: string,
    readonly page: Page,
    private readonly server: Server,
  ) {}

  static async arrives(browser: Browser, server: Server, name: string): Promise<FirefoxPerson> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(CALL_TIMEOUT_MS);
    // Closures travel as text; the name helper that the TypeScript loader adds must exist there.
    await page.evaluateOnNewDocument('globalThis.__name = (f) => f;');
    await page.evaluateOnNewDocument(keepConnections);
    const person = new FirefoxPerson(name, page, server);
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (/^(http|ws)/.test(protocol) && host !== new URL(server.url).host) person.troubles.push(`request to another origin: ${host}`);
    });
    page.on('pageerror', (error) => person.troubles.push(`page error: ${String(error)}`));
    return person;
  }

  async startsMeeting(): Promise<string> {
    await this.page.goto(this.server.url);
    await this.click('home-start');
    await this.shows('prejoin-join');
    return this.page.url();
  }

  async comesTo(link: string): Promise<void> {
    await this.page.goto(link);
    await this.joins();
  }

  /** The same with the microphone shut: Firefox's fake one never stops, and a recogniser has but two cores. */
  async comesMuted(link: string): Promise<void> {
    await this.page.goto(link);
    await this.click('prejoin-mic');
    await until('the microphone is shut', async () => (await this.attribute(id('prejoin-mic'), 'aria-pressed')) === 'false');
    await this.joins();
  }

  async joins(): Promise<void> {
    await this.shows('prejoin-name');
    await this.page.locator(id('prejoin-name')).fill(this.name);
    await this.click('prejoin-join');
    await this.shows('call-stage');
  }

  async leaves(): Promise<void> {
    await this.click('call-leave');
    await this.shows('goodbye');
  }

  async click(testId: string): Promise<void> {
    await this.page.locator(id(testId)).click();
  }

  async shows(testId: string): Promise<void> {
    await this.page.waitForSelector(id(testId));
  }

  /** What an element of the page says in an attribute; null where there is no such element. */
  attribute(selector: string, attribute: string): Promise<string | null> {
    return this.page.evaluate((selector, attribute) => document.querySelector(selector)?.getAttribute(attribute) ?? null, selector, attribute);
  }

  count(selector: string): Promise<number> {
    return this.page.evaluate((selector) => document.querySelectorAll(selector).length, selector);
  }

  /** Frames of the picture on the tile are decoded, and it is not one plain colour. */
  async sees(other: { name: string }, kind: 'person' | 'screen' = 'person'): Promise<void> {
    const video = `${tileOf(other, kind)} video`;
    const first = await until(`Firefox of ${this.name} decodes ${kind} of ${other.name}`, () => this.framesDecoded(video), CALL_TIMEOUT_MS);
    await until(`and goes on doing so`, async () => (await this.framesDecoded(video)) >= first + NEW_FRAMES, CALL_TIMEOUT_MS);
    await until('the picture is not blank', async () => (await this.page.$eval(video, brightnessVariance)) > NOT_BLANK_VARIANCE);
  }

  async seesNot(other: { name: string }, kind: 'person' | 'screen' = 'person'): Promise<void> {
    await until(`${other.name} is gone from Firefox`, async () => (await this.count(tileOf(other, kind))) === 0, CALL_TIMEOUT_MS);
  }

  async hears(others: number): Promise<void> {
    const before = await this.energies();
    await until(`Firefox of ${this.name} hears ${others}`, async () => {
      const now = await this.energies();
      const rising = Object.keys(now).filter((ssrc) => (now[ssrc] ?? 0) > (before[ssrc] ?? 0) + HEARD_ENERGY);
      return rising.length >= others || Promise.reject(new Error(JSON.stringify(now)));
    }, CALL_TIMEOUT_MS);
  }

  async closes(): Promise<void> {
    await this.page.browserContext().close();
  }

  /** `getVideoPlaybackQuality().totalVideoFrames` stands still in headless Firefox. */
  private framesDecoded(video: string): Promise<number> {
    return this.page.evaluate(async (selector) => {
      const element = document.querySelector<HTMLVideoElement>(selector);
      const track = element?.srcObject instanceof MediaStream ? element.srcObject.getVideoTracks()[0] : undefined;
      for (const connection of (globalThis as unknown as { connections: RTCPeerConnection[] }).connections) {
        for (const stat of (await connection.getStats(track).catch(() => new Map())).values()) {
          if (stat.type === 'inbound-rtp' && stat.kind === 'video') return (stat.framesDecoded as number | undefined) ?? 0;
        }
      }
      return 0;
    }, video);
  }

  private energies(): Promise<Record<string, number>> {
    return this.page.evaluate(async () => {
      const all: Record<string, number> = {};
      for (const connection of (globalThis as unknown as { connections: RTCPeerConnection[] }).connections) {
        for (const stat of (await connection.getStats()).values()) {
          if (stat.type === 'inbound-rtp' && stat.kind === 'audio') all[`${stat.ssrc}`] = (stat.totalAudioEnergy as number | undefined) ?? 0;
        }
      }
      return all;
    });
  }
}

export const id = (testId: string): string => `[data-testid="${testId}"]`;

export const tileOf = (of: { name: string }, kind: 'person' | 'screen' = 'person'): string =>
  `${id('call-tile')}[data-kind="${kind}"][data-name="${of.name}"]`;

/** Runs in the page before anything else. */
function keepConnections(): void {
  const connections: RTCPeerConnection[] = [];
  const Original = globalThis.RTCPeerConnection;
  class Kept extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  }
  Object.assign(globalThis, { RTCPeerConnection: Kept, connections });
}
