/** Where rows play: one server, one browser, and the people a row asks for. */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, readyContext } from '../harness/browser.ts';
import type { PageHost } from '../harness/page-host.ts';
import { Person } from '../harness/person.ts';
import type { Server } from '../harness/server.ts';
import { token, type TokenOptions } from '../harness/tokens.ts';
import { until } from '../harness/waiting.ts';
import type { JoinOptions, Remote, Sent } from './page.ts';
import { PythonPeer } from './python-peer.ts';

/** v1: one peer connection, the client offers. v0: two, the server offers on one of them. */
export type Generation = 'v1' | 'v0';

export type Source = 'camera' | 'microphone' | 'screen_share';

export interface VideoOptions {
  codec?: 'vp8' | 'vp9' | 'h264' | 'av1';
  /** LiveKit's policy for a VP8 backup; none if left out. */
  backup?: 'preferRegression' | 'simulcast';
  width?: number;
  height?: number;
  fps?: number;
  simulcast?: boolean;
  source?: 'camera' | 'screen_share';
  /** Heights of the lower layers, smallest first. */
  lowerHeights?: number[];
}

export class Stage {
  readonly room = `conformance-${Math.random().toString(36).slice(2, 10)}`;
  private readonly peers: (Peer | PythonPeer)[] = [];
  private readonly visitors: Person[] = [];
  private extraBrowser: Browser | null = null;

  constructor(
    readonly server: Server,
    readonly generation: Generation,
    private readonly browser: Browser,
    private readonly host: PageHost,
  ) {}

  /** A browser that is in the room when this returns. */
  async join(identity: string, options: JoinOptions = {}, grants: TokenOptions = {}): Promise<Peer> {
    const peer = await this.page(identity);
    await peer.join(options, grants);
    return peer;
  }

  /** A browser page that has not joined yet; `browser` replaces the shared one. */
  async page(identity: string, browser: Browser = this.browser): Promise<Peer> {
    const context = await readyContext(await browser.newContext());
    const page = await context.newPage();
    const peer = new Peer(this, identity, page);
    await page.goto(this.host.url);
    this.peers.push(peer);
    return peer;
  }

  async joinWithoutUdp(identity: string): Promise<Peer> {
    this.extraBrowser ??= await launchBrowser({ withoutUdp: true });
    const peer = await this.page(identity, this.extraBrowser);
    // Without the relay: on a fast line Chromium has that before it tries TCP, and then tries no more.
    await peer.join({ connect: { rtcConfig: { iceServers: [] } } });
    return peer;
  }

  async python(identity: string, grants: TokenOptions = {}): Promise<PythonPeer> {
    const peer = await PythonPeer.start(identity);
    this.peers.push(peer);
    await peer.call('join', {
      url: this.server.signalUrl,
      token: await token(this.room, identity, grants),
      single_peer_connection: this.generation === 'v1',
    });
    return peer;
  }

  /** Somebody on Visio's own page. */
  async visitor(name: string): Promise<Person> {
    const person = await Person.arrives(this.browser, this.server, name);
    this.visitors.push(person);
    return person;
  }

  /** Somebody with LiveKit's client and the token that the page behind `link` would have been given. */
  async guest(name: string, link: string): Promise<Peer> {
    const code = new URL(link).pathname.split('/').pop();
    const answer = await fetch(`${this.server.url}/api/v1/rooms/${code}/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const { token } = (await answer.json()) as { token: string };
    const peer = await this.page(name);
    await peer.enter(token);
    return peer;
  }

  async clear(): Promise<void> {
    for (const person of this.visitors.splice(0)) await person.closes();
    for (const peer of this.peers.splice(0)) await peer.close();
    await this.extraBrowser?.close();
  }
}

export class Peer {
  /** Paths of the WebSockets that the client opened, without what is secret in them. */
  readonly signalPaths: string[] = [];

  constructor(
    private readonly stage: Stage,
    readonly identity: string,
    readonly page: Page,
  ) {
    page.on('websocket', (socket) => this.signalPaths.push(new URL(socket.url()).pathname));
  }

  async join(options: JoinOptions = {}, grants: TokenOptions = {}): Promise<void> {
    await this.enter(await token(this.stage.room, this.identity, grants), options);
  }

  async enter(access: string, options: JoinOptions = {}): Promise<void> {
    const room = { singlePeerConnection: this.stage.generation === 'v1', ...options.room };
    await this.page.evaluate(
      async ([url, access, options]) => void (await peer.join(url, access, options)),
      [this.stage.server.signalUrl, access, { ...options, room }] as const,
    );
  }

  async publishTone(): Promise<void> {
    await this.page.evaluate(async () => {
      await room.localParticipant.publishTrack(peer.synthetic.tone(), { source: 'microphone' as never });
    });
  }

  async publishVideo(options: VideoOptions = {}): Promise<void> {
    await this.page.evaluate(async (o) => {
      const size = { width: o.width ?? 320, height: o.height ?? 180, fps: o.fps ?? 10 };
      const lower = (o.lowerHeights ?? []).map(
        (height) => new peer.livekit.VideoPreset(Math.round((height * 16) / 9), height, height * 900, size.fps),
      );
      await room.localParticipant.publishTrack(peer.synthetic.picture(size), {
        source: (o.source ?? 'camera') as never,
        simulcast: o.simulcast ?? false,
        videoCodec: o.codec ?? 'vp8',
        backupCodec: o.backup ? { codec: 'vp8' } : false,
        ...(o.backup ? { backupCodecPolicy: o.backup === 'simulcast' ? 1 : 0 } : {}),
        ...(lower.length > 0 ? { videoSimulcastLayers: lower } : {}),
        videoEncoding: { maxBitrate: size.height * 1500, maxFramerate: size.fps },
      });
    }, options);
  }

  remote(of: { identity: string }, source: Source): Promise<Remote | null> {
    return this.page.evaluate(([identity, source]) => peer.remote(identity, source), [of.identity, source] as const);
  }

  sent(source: Source): Promise<Sent[]> {
    return this.page.evaluate((source) => peer.sent(source), source);
  }

  /** Waits until the counter of what is heard or seen has grown well past where it is. */
  async receives(of: { identity: string }, source: Source, timeoutMs = 15_000): Promise<Remote> {
    const counter = source === 'microphone' ? 'energy' : 'frames';
    const growth = source === 'microphone' ? 0.005 : 5;
    const first = await until(`${this.identity} is subscribed to ${source} of ${of.identity}`, async () => {
      const now = await this.remote(of, source);
      if (now?.subscribed && now.packets > 0) return now;
      throw new Error(JSON.stringify(now));
    }, timeoutMs);
    return until(`${counter} of ${source} from ${of.identity} rise at ${this.identity}`, async () => {
      const now = await this.remote(of, source);
      if (!now) return null;
      if (now[counter] < first[counter]) Object.assign(first, now);
      return now[counter] >= first[counter] + growth ? now : null;
    }, timeoutMs);
  }

  /** Counts events of a name, optionally about one person. */
  async eventCount(name: string, who?: string): Promise<number> {
    const events = await this.page.evaluate(() => peer.events);
    return events.filter((event) => event.name === name && (who === undefined || event.who.includes(who))).length;
  }

  async eventNames(): Promise<string[]> {
    return this.page.evaluate(() => peer.events.map((event) => event.name));
  }

  async leave(): Promise<void> {
    await this.page.evaluate(() => room.disconnect());
  }

  async close(): Promise<void> {
    await this.page.evaluate(() => globalThis.room?.disconnect()).catch(() => undefined);
    await this.page.context().close();
  }
}
