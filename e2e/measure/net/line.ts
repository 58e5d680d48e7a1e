/** A bad line between a client in a network namespace of its own and the server's namespace: the emulator of bench/net
 *  with addresses. The namespace is the emulator's and ends with it. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EXECUTABLE } from '../../harness/browser.ts';
import { within } from '../../harness/waiting.ts';
import { OUT } from './material.ts';

const PROGRAM = process.env.VISIO_LINE ?? join(import.meta.dirname, '../../../target/release/visio-line');
const ANSWER_TIMEOUT_MS = 5_000;
const DEVICE = 'line';

/** What became of the packets of one direction; bytes are those of the IP packets. */
export interface Way {
  offered_packets: number;
  offered_bytes: number;
  delivered_packets: number;
  delivered_bytes: number;
  lost: number;
  queue_full: number;
  too_big: number;
  outage: number;
  /** Delivered more than 5 ms after their time. */
  late: number;
}

/** Up is from the client to the server. */
export interface Counters {
  up: Way;
  down: Way;
}

export class Line {
  /** A program that starts Chromium behind the line. */
  readonly browser: string;
  /** Who waits for the next line that the emulator prints, in order. */
  private readonly waiting: { resolve(text: string): void; reject(error: Error): void }[] = [];
  private ended: Error | null = null;

  private constructor(
    private readonly number: number,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.once('close', () => {
      this.ended = new Error(`the emulated line ended: ${complaint.trim()}`);
      for (const one of this.waiting.splice(0)) one.reject(this.ended);
    });
    child.stdin.on('error', () => undefined);
    createInterface(child.stdout).on('line', (text) => this.waiting.shift()?.resolve(text));
    this.browser = join(OUT, `chromium-${number}.sh`);
    writeFileSync(this.browser, `#!/bin/sh\nexec nsenter ${this.namespace} '${EXECUTABLE}' "$@"\n`);
    chmodSync(this.browser, 0o755);
  }

  /** The line of client 1, 2…: at 10.78.1.2, 10.78.2.2… */
  static async open(number: number): Promise<Line> {
    const emulator = [PROGRAM, '--far-namespace', `/proc/${process.pid}/ns/net`, '--near', DEVICE, '--far', `${DEVICE}${number}`, '--seed', `${number}`];
    const line = new Line(number, spawn('unshare', ['--net', ...emulator]));
    await line.answer('the emulated line is there');
    // A line does not wait for the browsers at its ends. Where nobody may say so it is late, and counts that.
    spawnSync('chrt', ['--rr', '--pid', '1', `${line.child.pid}`]);
    const far = `${DEVICE}${number}`;
    ip(['link', 'set', far, 'addrgenmode', 'none']);
    ip(['address', 'add', `10.78.${number}.1/24`, 'dev', far]);
    ip(['link', 'set', far, 'up']);
    line.inside(['link', 'set', 'lo', 'up']);
    line.inside(['link', 'set', DEVICE, 'addrgenmode', 'none']);
    line.inside(['address', 'add', `10.78.${number}.2/24`, 'dev', DEVICE]);
    line.inside(['link', 'set', DEVICE, 'up']);
    line.inside(['route', 'add', 'default', 'via', `10.78.${number}.1`]);
    return line;
  }

  /** A change of the line, as bench/net/src/control.rs lists them. */
  say(text: string): void {
    if (this.ended) throw this.ended;
    this.child.stdin.write(`${text}\n`);
  }

  async counters(): Promise<Counters> {
    const answer = this.answer('the emulated line counts');
    this.say('counters');
    return JSON.parse(await answer) as Counters;
  }

  /** The client comes to another network: by the same device with another address, or by another device. The former
   *  address is gone. */
  move(to: 'address' | 'device'): void {
    if (to === 'address') this.moveAddress();
    else this.moveDevice();
  }

  private moveAddress(): void {
    this.inside(['address', 'add', `10.78.${this.number}.3/24`, 'dev', DEVICE]);
    this.inside(['address', 'delete', `10.78.${this.number}.2/24`, 'dev', DEVICE]);
    // Deleting the first address of a network deletes the others with it.
    this.inside(['address', 'replace', `10.78.${this.number}.3/24`, 'dev', DEVICE]);
    this.inside(['route', 'replace', 'default', 'via', `10.78.${this.number}.1`]);
  }

  /** As from Wi-Fi to the telephone network; the new one is no bad line. */
  private moveDevice(): void {
    const [near, far] = [`mobile${this.number}`, `tower${this.number}`];
    ip(['link', 'add', far, 'type', 'veth', 'peer', 'name', near, 'netns', `${this.child.pid}`]);
    ip(['link', 'set', far, 'addrgenmode', 'none']);
    ip(['address', 'add', `10.79.${this.number}.1/24`, 'dev', far]);
    ip(['link', 'set', far, 'up']);
    this.inside(['link', 'set', near, 'addrgenmode', 'none']);
    this.inside(['address', 'add', `10.79.${this.number}.2/24`, 'dev', near]);
    this.inside(['link', 'set', near, 'up']);
    this.inside(['link', 'set', DEVICE, 'down']);
    this.inside(['route', 'replace', 'default', 'via', `10.79.${this.number}.1`]);
  }

  /** What the client's own device takes. */
  setDeviceMtu(bytes: number): void {
    this.inside(['link', 'set', DEVICE, 'mtu', `${bytes}`]);
  }

  async close(): Promise<void> {
    if (this.ended) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin.end();
    await within('the emulated line ends', ANSWER_TIMEOUT_MS, ended);
  }

  private answer(what: string): Promise<string> {
    if (this.ended) throw this.ended;
    return within(what, ANSWER_TIMEOUT_MS, new Promise((resolve, reject) => this.waiting.push({ resolve, reject })));
  }

  private get namespace(): string {
    return `--net=/proc/${this.child.pid}/ns/net`;
  }

  private inside(args: string[]): void {
    execFileSync('nsenter', [this.namespace, 'ip', ...args]);
  }
}

const ip = (args: string[]): void => void execFileSync('ip', args);
