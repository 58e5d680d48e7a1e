/** People made of colours who fill a meeting: they come by the same HTTP call as everybody. */
import type { Browser, Page } from 'playwright-core';
import { readyContext } from '../harness/browser.ts';
import type { PageHost } from '../harness/page-host.ts';
import { tokenOf } from '../harness/rooms.ts';

const NAMES = ['Bob', 'Carol Nguyễn', 'Dave', 'Maximiliane-Friederike von Hohenlohe-Waldenburg', 'Erin', 'Frédéric', 'Grace', 'Hélène', 'Ibrahim', 'Joséphine', 'Karim'];

export class Crowd {
  size = 0;

  private constructor(
    private readonly page: Page,
    private readonly link: string,
  ) {}

  static async arrives(browser: Browser, host: PageHost, link: string): Promise<Crowd> {
    const page = await (await readyContext(await browser.newContext())).newPage();
    await page.goto(host.url);
    return new Crowd(page, link);
  }

  /** One more comes; every fourth has no camera. */
  async grows(): Promise<void> {
    const token = await tokenOf(this.link, NAMES[this.size] ?? `Guest ${this.size + 1}`);
    this.size += 1;
    await this.page.evaluate(([url, token, withCamera]) => globalThis.crowd.enter(url, token, withCamera), [new URL(this.link).origin, token, this.size % 4 !== 3] as const);
  }

  async leaves(): Promise<void> {
    await this.page.evaluate(() => globalThis.crowd.leave());
    await this.page.context().close();
  }
}
