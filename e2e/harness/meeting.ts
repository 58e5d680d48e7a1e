/** One server and one browser for a file of stories, and the promise that nothing forbidden happened in it. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser, type BrowserOptions } from './browser.ts';
import { Person, type PersonOptions } from './person.ts';
import { type Server, type ServerOptions, startServer } from './server.ts';

export class Meeting {
  private people: Person[] = [];
  private readonly others: Browser[] = [];

  private constructor(
    readonly server: Server,
    readonly browser: Browser,
  ) {}

  static async open(options: ServerOptions = {}): Promise<Meeting> {
    const server = await startServer(options);
    return new Meeting(server, await launchBrowser());
  }

  async arrives(name: string, options: PersonOptions = {}): Promise<Person> {
    return this.keep(Person.arrives(this.browser, this.server, name, options));
  }

  /** Somebody at a machine of their own: Chromium's fake camera stays dead when two pages of one
   *  browser close and open it in the same instant, as they do when a server comes back. */
  async arrivesApart(name: string): Promise<Person> {
    const browser = await launchBrowser();
    this.others.push(browser);
    return this.keep(Person.arrives(browser, this.server, name));
  }

  /** Somebody whose microphone plays a recording; that takes a browser of its own. */
  async arrivesSpeaking(name: string, microphoneFile: string, options: BrowserOptions = {}): Promise<Person> {
    const browser = await launchBrowser({ ...options, microphoneFile });
    this.others.push(browser);
    return this.keep(Person.arrives(browser, this.server, name, { camera: false }));
  }

  /** Somebody whose browser has settings of its own, such as blocked site data. */
  async arrivesWithSettings(name: string, settings: object): Promise<Person> {
    return this.keep(Person.arrivesWithSettings(this.server, name, settings));
  }

  /** Two people in one new meeting, as most stories begin. */
  async two(bobArrives: Promise<Person> = this.arrives('Bob')): Promise<{ alice: Person; bob: Person; link: string }> {
    const alice = await this.arrives('Alice');
    const link = await alice.startsMeeting();
    await alice.joins();
    const bob = await bobArrives;
    await bob.comesTo(link);
    return { alice, bob, link };
  }

  /** Sends everybody home after a story; whatever they noted fails it. */
  async clear(): Promise<void> {
    const people = this.people.splice(0);
    for (const person of people) await person.closes();
    for (const browser of this.others.splice(0)) await browser.close();
    assert.deepEqual(
      people.flatMap((person) => person.troubles.map((trouble) => `${person.name}: ${trouble}`)),
      [],
    );
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  private async keep(arriving: Promise<Person>): Promise<Person> {
    const person = await arriving;
    this.people.push(person);
    return person;
  }
}
