/** The notices on screen: put up when due, taken down after a while. */
import type { DeviceKind, DeviceProblem, OwnDevice } from '../devices/devices';
import { Part } from '../part';
import { type JoinLeaveNotice, JoinLeaveNotices } from './join-leave-notices';

export type NoticeContent =
  | JoinLeaveNotice
  | { kind: 'muted-by-other'; device: OwnDevice }
  /** By a key, while the focus is elsewhere: only for screen readers, the button shows it to the others. */
  | { kind: 'switched'; device: OwnDevice; on: boolean }
  | { kind: 'speaking-muted' }
  | { kind: 'renamed'; before: string; name: string }
  | { kind: 'back' }
  | { kind: 'transcript-started' }
  | { kind: 'transcript-stopped' }
  | { kind: 'share-refused' }
  | { kind: 'share-failed' }
  | { kind: 'share-ended' }
  | { kind: 'device-replaced'; device: OwnDevice; label: string }
  | { kind: 'device-problem'; device: DeviceKind; problem: DeviceProblem };

export type Notice = NoticeContent & { id: number };

const NOTICE_VISIBLE_MS = 6_000;
/** More would be a wall; the oldest makes room. */
const NOTICES_MAX = 3;

export class Notices extends Part<readonly Notice[]> {
  #joinsAndLeaves = new JoinLeaveNotices();
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #lastId = 0;

  constructor() {
    super([]);
  }

  post(content: NoticeContent): void {
    this.#lastId += 1;
    const notice: Notice = { ...content, id: this.#lastId };
    // Of a key that is pressed again and again the last press counts.
    const others = this.view().filter(({ kind }) => kind !== 'switched' || content.kind !== 'switched');
    this.set([...others, notice].slice(-NOTICES_MAX));
    this.#after(NOTICE_VISIBLE_MS, () => this.dismiss(notice.id));
  }

  dismiss(id: number): void {
    this.set(this.view().filter((notice) => notice.id !== id));
  }

  joinedOrLeft(kind: 'joined' | 'left', identity: string, name: string): void {
    this.#joinsAndLeaves[kind](identity, name, Date.now());
    const deadline = this.#joinsAndLeaves.deadline();
    if (deadline !== null) this.#after(deadline - Date.now(), () => this.#postDue());
  }

  /** Forgets joins and leaves that wait: on a broken connection everyone seems to leave, and then to join. */
  forgetJoinsAndLeaves(): void {
    this.#joinsAndLeaves.clear();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #postDue(): void {
    for (const notice of this.#joinsAndLeaves.due(Date.now())) this.post(notice);
    const next = this.#joinsAndLeaves.deadline();
    if (next !== null) this.#after(next - Date.now(), () => this.#postDue());
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}
