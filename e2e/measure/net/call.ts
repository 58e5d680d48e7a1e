/** Plays a row on one server: a publisher and a receiver in Chromium, each behind a line of its own. */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, readyContext } from '../../harness/browser.ts';
import { newRoom, tokenOf } from '../../harness/rooms.ts';
import { Person } from '../../harness/person.ts';
import { token } from '../../harness/tokens.ts';
import { pause, until, within } from '../../harness/waiting.ts';
import { RECEIVER_SAMPLE_MS, type Recording } from './figures.ts';
import { Line } from './line.ts';
import { cameraFile, microphoneFile } from './material.ts';
import type { Change, Row } from './rows.ts';

/** What every client has on top of what a row says. */
const GOOD_LINE = 'both delay=15';
const SENDER_SAMPLE_MS = 500;
const WIRE_SAMPLE_MS = 500;
const BEST_HEIGHT = 540;
const JOIN_TIMEOUT_MS = 30_000;
/** Time for a publisher's estimate to grow until it sends all layers, and for a receiver to get the best; then the row begins all the same. */
const SETTLE_TIMEOUT_MS = 15_000;
/** What lies between the first second of a recording and what the row counts. */
const LEAD_MS = 2_000;

/** Where livekit-client's page is, and the script that notes what a page sends and receives. */
export interface Pages {
  url: string;
  sampler: string;
}

export async function play(row: Row, signalUrl: string, pages: Pages): Promise<Recording> {
  const stage = new Stage(signalUrl, pages);
  try {
    return await stage.play(row);
  } finally {
    await stage.clear();
  }
}

/** Somebody at a page behind a line of their own, before the door. */
interface Client {
  page: Page;
  join(): Promise<void>;
}

class Stage {
  private readonly browsers: Browser[] = [];
  private readonly lines = new Map<Change['who'], Line>();

  constructor(
    private readonly signalUrl: string,
    private readonly pages: Pages,
  ) {}

  async play(row: Row): Promise<Recording> {
    const server = this.signalUrl.replace(/^ws/, 'http');
    const link = row.isOurPage ? await newRoom(server, { name: row.name }) : null;
    const room = `net-${Math.random().toString(36).slice(2, 10)}`;
    const access = (who: Change['who']): Promise<string> => (link ? tokenOf(link, who) : token(room, who));
    const sender = await this.atSdk('sender', await access('sender'), [`--use-file-for-fake-audio-capture=${microphoneFile()}`, `--use-file-for-fake-video-capture=${cameraFile()}`]);
    const receiver = await (link ? this.atOurPage(server, link) : this.atSdk('receiver', await access('receiver')));
    await this.join('sender', sender, SENDER_SAMPLE_MS);
    await sender.page.evaluate(([camera, soundBps]) => client.publish(camera, soundBps), [row.camera, row.soundBps] as const);
    await this.publishes(sender.page, row);
    for (const change of row.before) this.change(change);
    const joinedAt = Date.now();
    const joined = this.join('receiver', receiver, RECEIVER_SAMPLE_MS);
    const settled = row.isJoin ? Promise.resolve() : joined.then(() => this.settles(receiver.page, row));
    const [, { startedAt, wire }] = await Promise.all([joined, settled.then(() => this.watch(row))]);
    const [at, heard] = await Promise.all([sender, receiver].map(({ page }) => page.evaluate(() => sampler.samples)));
    const events = await receiver.page.evaluate(() => sampler.events);
    return { joinedAt, startedAt, receiver: heard ?? [], sender: at ?? [], wire, events };
  }

  async clear(): Promise<void> {
    await Promise.all(this.browsers.map((browser) => within('Chromium closes', 10_000, browser.close()).catch(() => undefined)));
    for (const line of this.lines.values()) await line.close();
  }

  /** At livekit-client as published. */
  private async atSdk(who: Change['who'], access: string, flags: string[] = []): Promise<Client> {
    const browser = await this.browser(who, this.pages.url, flags);
    const page = await (await readyContext(await browser.newContext())).newPage();
    await page.addInitScript({ content: this.pages.sampler });
    await page.goto(this.pages.url);
    return { page, join: () => page.evaluate(([url, access]) => client.join(url, access), [this.signalUrl, access] as const) };
  }

  /** At the page that people use; the microphone is on, the camera is off. */
  private async atOurPage(url: string, link: string): Promise<Client> {
    const person = await Person.arrives(await this.browser('receiver', url), { url }, 'Alice', { camera: false });
    await person.page.addInitScript({ content: this.pages.sampler });
    await person.opens(link);
    return { page: person.page, join: () => person.joins() };
  }

  private async browser(who: Change['who'], url: string, flags: string[] = []): Promise<Browser> {
    const line = await Line.open(this.lines.size + 1);
    this.lines.set(who, line);
    line.say(GOOD_LINE);
    // Cameras are for secure pages; this one has an address that is not loopback.
    const secure = `--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`;
    const browser = await launchBrowser({ executable: line.browser, flags: [secure, ...flags] });
    this.browsers.push(browser);
    return browser;
  }

  private async join(who: string, { page, join }: Client, sampleMs: number): Promise<void> {
    await within(`the ${who} joins`, JOIN_TIMEOUT_MS, join());
    await page.evaluate((sampleMs) => sampler.watch(sampleMs), sampleMs);
  }

  /** All layers are sent. */
  private async publishes(page: Page, row: Row): Promise<void> {
    const layers = row.camera === 'vp8' ? 3 : row.camera === 'vp9' ? 1 : 0;
    const coding = async (): Promise<boolean> => {
      const all = await page.evaluate(() => sampler.counts);
      return Object.entries(all).filter(([name, frames]) => name.startsWith('encoded ') && frames > 0).length >= layers;
    };
    await until('the publisher sends all layers', coding, SETTLE_TIMEOUT_MS).catch(() => undefined);
  }

  private async settles(page: Page, row: Row): Promise<void> {
    // Our page asks for what its tiles show.
    const wanted = row.camera === 'none' ? 0 : row.before.length > 0 || row.isOurPage ? 1 : BEST_HEIGHT;
    const settled = async (): Promise<boolean> => {
      const last = await page.evaluate(() => sampler.samples.at(-1));
      return (last?.counts.soundPackets ?? 0) > 0 && (last?.height ?? 0) >= wanted;
    };
    await until('the receiver has what the line carries', settled, SETTLE_TIMEOUT_MS).catch(() => undefined);
    await pause(LEAD_MS);
  }

  /** Lets the row pass; notes what the receiver's line counts. */
  private async watch(row: Row): Promise<Pick<Recording, 'startedAt' | 'wire'>> {
    const startedAt = Date.now();
    const wire: Recording['wire'] = [];
    const pending = [...row.during].sort((a, b) => a.at - b.at);
    for (let now = 0; now <= row.seconds * 1000; now = Date.now() - startedAt) {
      while (pending[0] && pending[0].at * 1000 <= now) this.change(pending.shift() as Change);
      wire.push({ at: Date.now(), ...(await this.line('receiver').counters()) });
      const next = Math.min(now + WIRE_SAMPLE_MS, (pending[0]?.at ?? Number.POSITIVE_INFINITY) * 1000);
      await pause(Math.max(0, next - (Date.now() - startedAt)));
    }
    return { startedAt, wire };
  }

  private change(change: Change): void {
    const line = this.line(change.who);
    if ('say' in change) line.say(change.say);
    else if ('move' in change) line.move(change.move);
    else line.setDeviceMtu(change.deviceMtu);
  }

  private line(who: Change['who']): Line {
    const line = this.lines.get(who);
    if (!line) throw new Error(`there is no line of the ${who}`);
    return line;
  }
}
