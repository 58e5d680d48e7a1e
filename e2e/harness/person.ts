/** Someone at a browser who uses the product by what it shows, and notes everything that should not happen. */
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { launchWithSettings, readyContext } from './browser.ts';
import { brightnessVariance, colour, NOT_BLANK_VARIANCE } from './picture.ts';
import type { Server } from './server.ts';
import { pause, until } from './waiting.ts';

const CALL_TIMEOUT_MS = 20_000;
// A fake device opens in a fraction of this.
const SETTLED_MS = 700;
// Energy of one beep of the fake microphone is far above, that of silence exactly nought.
const HEARD_ENERGY = 0.0005;

const LOOK = { viewport: { width: 960, height: 600 }, locale: 'en-GB' };

export interface PersonOptions extends Pick<BrowserContextOptions, 'viewport' | 'deviceScaleFactor' | 'locale' | 'colorScheme' | 'forcedColors' | 'hasTouch' | 'isMobile' | 'reducedMotion'> {
  camera?: boolean;
  /** The browser takes no other way than the relay, over this. */
  relay?: 'udp' | 'tcp';
}

export class Person {
  /** Requests to other origins, violations of the content policy, errors of the page. */
  readonly troubles: string[] = [];

  private constructor(
    readonly name: string,
    readonly page: Page,
    private readonly server: Pick<Server, 'url'>,
    private readonly camera: boolean,
  ) {}

  static async arrives(browser: Browser, server: Pick<Server, 'url'>, name: string, options: PersonOptions = {}): Promise<Person> {
    const { camera = true, relay, ...look } = options;
    const context = await readyContext(await browser.newContext({ ...LOOK, ...look }));
    if (relay) await context.addInitScript(onlyRelay, relay);
    return Person.enters(context, server, name, camera);
  }

  /** Somebody whose browser has settings of its own. */
  static async arrivesWithSettings(server: Server, name: string, settings: object): Promise<Person> {
    return Person.enters(await launchWithSettings(settings, LOOK), server, name, true);
  }

  private static async enters(context: BrowserContext, server: Pick<Server, 'url'>, name: string, camera: boolean): Promise<Person> {
    const page = await context.newPage();
    const person = new Person(name, page, server, camera);
    await person.watch();
    return person;
  }

  /** Starts a meeting on the home page and stops before the door; answers the link to hand on. */
  async startsMeeting(): Promise<string> {
    await this.page.goto(this.server.url);
    await this.id('home-start').click();
    await this.id('prejoin-join').waitFor({ timeout: CALL_TIMEOUT_MS });
    return this.page.url();
  }

  async opens(link: string): Promise<void> {
    await this.page.goto(link);
    await this.id('prejoin-join').waitFor({ timeout: CALL_TIMEOUT_MS });
  }

  /** From the door into the call. */
  async joins(): Promise<void> {
    await this.id('prejoin-name').fill(this.name);
    if (!this.camera) await this.sets('prejoin-camera', false);
    await this.id('prejoin-join').click();
    await this.id('call-stage').waitFor({ timeout: CALL_TIMEOUT_MS });
  }

  async comesTo(link: string): Promise<void> {
    await this.opens(link);
    await this.joins();
  }

  /** The same person in the same browser, once more. */
  async opensAnotherTab(link: string): Promise<Person> {
    const tab = new Person(this.name, await this.page.context().newPage(), this.server, this.camera);
    await tab.watch();
    await tab.opens(link);
    return tab;
  }

  /** Exactly so many tiles of somebody, once all has settled. */
  async countsTiles(of: { name: string }, count: number): Promise<void> {
    await until(`${this.name} sees ${of.name} ${count} times`, async () => (await this.tile(of).count()) === count, CALL_TIMEOUT_MS);
    await pause(SETTLED_MS);
    if ((await this.tile(of).count()) !== count) throw new Error(`${of.name} is not there ${count} times`);
  }

  id(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  tile(of: { name: string }, kind: 'person' | 'screen' = 'person'): Locator {
    return this.page.locator(`[data-testid="call-tile"][data-kind="${kind}"][data-name="${of.name}"]`);
  }

  /** The picture on the tile moves and is not one plain colour. */
  async sees(other: { name: string }, kind: 'person' | 'screen' = 'person', timeoutMs = CALL_TIMEOUT_MS): Promise<void> {
    const video = await this.seesFrames(other, kind, timeoutMs);
    await until(`the picture of ${other.name} is not blank`, async () => (await varianceOf(video)) > NOT_BLANK_VARIANCE, timeoutMs);
  }

  /** The same where the camera is Firefox's fake one. */
  async seesColours(other: { name: string }, timeoutMs = CALL_TIMEOUT_MS): Promise<void> {
    const video = await this.seesFrames(other, 'person', timeoutMs);
    const first = await video.evaluate(colour);
    await until(`the colour of ${other.name} changes`, async () => (await video.evaluate(colour)) !== first, timeoutMs);
  }

  private async seesFrames(other: { name: string }, kind: 'person' | 'screen', timeoutMs: number): Promise<Locator> {
    const video = this.tile(other, kind).locator('video');
    await video.waitFor({ timeout: timeoutMs });
    const first = await until(`${this.name} has a first frame of ${other.name}`, () => framesOf(video), timeoutMs);
    await until(`frames of ${other.name} rise at ${this.name}`, async () => (await framesOf(video)) > first + 4, timeoutMs);
    return video;
  }

  async seesNot(other: { name: string }): Promise<void> {
    await until(`${other.name} is gone from the screen of ${this.name}`, async () => (await this.tile(other).count()) === 0, CALL_TIMEOUT_MS);
  }

  /** Sound comes out of as many playing elements as there are others. */
  async hears(others: number, timeoutMs = CALL_TIMEOUT_MS): Promise<void> {
    const before = await this.energies();
    await until(`${this.name} hears ${others}`, async () => {
      const rising = (await this.energies()).filter(({ id, energy }) => energy > (before.find((one) => one.id === id)?.energy ?? 0) + HEARD_ENERGY);
      const playing = await this.page.evaluate(() => [...document.querySelectorAll('audio')].filter((audio) => !audio.paused && !audio.muted && audio.volume > 0).length);
      return (rising.length >= others && playing >= others) || Promise.reject(new Error(`${rising.length} rising, ${playing} playing`));
    }, timeoutMs);
  }

  /** By which candidates the peer connections send, such as `host udp` or `relay tls`. */
  async ways(): Promise<string[]> {
    const ways = await this.page.evaluate(async () => {
      const used: string[] = [];
      for (const connection of (globalThis as unknown as { connections: RTCPeerConnection[] }).connections) {
        const all = await connection.getStats();
        const transports = [...all.values()].filter((stat) => stat.type === 'transport' && stat.selectedCandidatePairId);
        for (const { selectedCandidatePairId } of transports) {
          const local = all.get(all.get(selectedCandidatePairId).localCandidateId);
          used.push(`${local.candidateType} ${local.relayProtocol ?? local.protocol}`);
        }
      }
      return used;
    });
    return [...new Set(ways)].sort();
  }

  /** Presses a switch once, if need be; it shows what is wanted and stays so, however slow the device behind it. */
  async sets(testId: string, on: boolean): Promise<void> {
    const shows = async (): Promise<boolean> => (await this.id(testId).getAttribute('aria-pressed')) === String(on);
    if (!(await shows())) await this.id(testId).click();
    await until(`${testId} shows ${on}`, shows);
    await pause(SETTLED_MS);
    if (!(await shows())) throw new Error(`${testId} did not stay ${on}`);
  }

  async hasState(testId: string, on: boolean): Promise<void> {
    await until(`${testId} shows ${on}`, async () => (await this.id(testId).getAttribute('aria-pressed')) === String(on));
  }

  /** Starts to keep a transcript, which everybody then sees. */
  async startsTranscript(): Promise<void> {
    await this.id('call-transcript').click();
    await this.id('transcript-start').click();
    await this.id('call-transcript-badge').waitFor({ timeout: CALL_TIMEOUT_MS });
    await this.id('call-transcript').click();
  }

  /** Goes back to the goodbye; answers the path of the transcript, if there is one. */
  async leaves(): Promise<string | null> {
    await this.id('call-leave').click();
    await this.id('goodbye').waitFor({ timeout: CALL_TIMEOUT_MS });
    const link = this.id('goodbye-transcript');
    return (await link.count()) > 0 ? link.getAttribute('href') : null;
  }

  async closes(): Promise<void> {
    await this.page.context().close();
  }

  private async watch(): Promise<void> {
    const { page, troubles } = this;
    await page.exposeFunction('noteTrouble', (text: string) => void troubles.push(text));
    await page.addInitScript(watchPage);
    const home = new URL(this.server.url).host;
    const judge = (kind: string, address: string): void => {
      const { protocol, host } = new URL(address);
      if (/^(http|ws)/.test(protocol) && host !== home) troubles.push(`${kind} to another origin: ${host}`);
    };
    page.on('request', (request) => judge('request', request.url()));
    page.on('websocket', (socket) => judge('WebSocket', socket.url()));
    page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`));
  }

  private energies(): Promise<{ id: string; energy: number }[]> {
    return this.page.evaluate(async () => {
      const all: { id: string; energy: number }[] = [];
      for (const connection of (globalThis as unknown as { connections: RTCPeerConnection[] }).connections) {
        for (const stat of (await connection.getStats()).values()) {
          if (stat.type === 'inbound-rtp' && stat.kind === 'audio') all.push({ id: `${stat.ssrc}`, energy: stat.totalAudioEnergy ?? 0 });
        }
      }
      return all;
    });
  }
}

/** Runs in the page before anything else: keeps its peer connections for statistics, reports violations. */
function watchPage(): void {
  const connections: RTCPeerConnection[] = [];
  const Original = globalThis.RTCPeerConnection;
  class Kept extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
      judge(configuration);
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      super.setConfiguration(configuration);
      judge(configuration);
    }
  }
  const judge = (configuration?: RTCConfiguration): void => {
    const urls = (configuration?.iceServers ?? []).flatMap((server) => server.urls);
    for (const url of urls.filter((url) => url.split(':')[1] !== location.hostname)) note(`ICE server: ${url}`);
  };
  const note = (text: string): void => void (globalThis as unknown as { noteTrouble(text: string): void }).noteTrouble(text);
  Object.assign(globalThis, { RTCPeerConnection: Kept, connections });
  document.addEventListener('securitypolicyviolation', (event) =>
    note(`content policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}:${event.lineNumber}`),
  );
}

/** Runs in the page after the above: leaves the browser nothing but the relay, over one transport. */
function onlyRelay(over: string): void {
  const relayed = (configuration: RTCConfiguration = {}): RTCConfiguration => {
    const servers = (configuration.iceServers ?? []).map((server) => ({
      ...server,
      urls: [server.urls].flat().filter((url) => url.endsWith(`transport=${over}`)),
    }));
    return { ...configuration, iceServers: servers.filter(({ urls }) => urls.length > 0), iceTransportPolicy: 'relay' };
  };
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(relayed(configuration));
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      super.setConfiguration(relayed(configuration));
    }
  };
}

const framesOf = (video: Locator): Promise<number> =>
  video.evaluate((element) => (element as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames, undefined, { timeout: 2_000 });

const varianceOf = (video: Locator): Promise<number> => video.evaluate(brightnessVariance, undefined, { timeout: 2_000 });
