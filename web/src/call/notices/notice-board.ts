/** Holds the notices on screen: puts them up when due and takes them down after a while. */
import type { Notice, NoticeContent } from '../call-view';
import { Comings } from './join-leave-notices';

const NOTICE_VISIBLE_MS = 6_000;
/** More would be a wall; the oldest makes room. */
const NOTICES_MAX = 3;

export class NoticeBoard {
  #notices: readonly Notice[] = [];
  #comings = new Comings();
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #lastId = 0;

  constructor(readonly changed: (notices: readonly Notice[]) => void) {}

  post(content: NoticeContent): void {
    this.#lastId += 1;
    const notice: Notice = { ...content, id: this.#lastId };
    this.#show([...this.#notices, notice].slice(-NOTICES_MAX));
    this.#after(NOTICE_VISIBLE_MS, () => this.dismiss(notice.id));
  }

  dismiss(id: number): void {
    this.#show(this.#notices.filter((notice) => notice.id !== id));
  }

  passage(kind: 'joined' | 'left', identity: string, name: string): void {
    if (kind === 'joined') this.#comings.arrive(identity, name, Date.now());
    else this.#comings.depart(identity, name, Date.now());
    const deadline = this.#comings.deadline();
    if (deadline !== null) this.#after(deadline - Date.now(), () => this.#postDue());
  }

  /** Forgets comings and goings that wait: after a return everyone seems to arrive. */
  forgetPassages(): void {
    this.#comings.clear();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #postDue(): void {
    for (const notice of this.#comings.due(Date.now())) this.post(notice);
    const next = this.#comings.deadline();
    if (next !== null) this.#after(next - Date.now(), () => this.#postDue());
  }

  #show(notices: readonly Notice[]): void {
    this.#notices = notices;
    this.changed(notices);
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}
