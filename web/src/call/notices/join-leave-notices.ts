/**
 * Turns joins and leaves into few, quiet notices. Those of the same moment share one; someone who
 * leaves and is back within seconds (a reload, a tunnel) is not mentioned at all.
 */
export interface JoinLeaveNotice {
  kind: 'joined' | 'left';
  names: string[];
}

interface Change {
  identity: string;
  name: string;
  kind: 'joined' | 'left';
  due: number;
}

/** People who arrive together share a notice. */
const GATHER_MS = 800;
/** A reload takes two to three seconds. */
const MAY_RETURN_MS = 4_000;

export class JoinLeaveNotices {
  #changes: Change[] = [];

  joined(identity: string, name: string, now: number): void {
    const left = this.#changes.findIndex((p) => p.identity === identity && p.kind === 'left');
    if (left !== -1) this.#changes.splice(left, 1);
    else this.#changes.push({ identity, name, kind: 'joined', due: now + GATHER_MS });
  }

  left(identity: string, name: string, now: number): void {
    const joined = this.#changes.findIndex((p) => p.identity === identity && p.kind === 'joined');
    if (joined !== -1) this.#changes.splice(joined, 1);
    else this.#changes.push({ identity, name, kind: 'left', due: now + MAY_RETURN_MS });
  }

  /** When to ask again, or null. */
  deadline(): number | null {
    return this.#changes.length === 0 ? null : Math.min(...this.#changes.map((p) => p.due));
  }

  /** The notices that are due; a kind whose first is due takes along all of its kind that wait. */
  due(now: number): JoinLeaveNotice[] {
    const notices: JoinLeaveNotice[] = [];
    for (const kind of ['joined', 'left'] as const) {
      const waiting = this.#changes.filter((p) => p.kind === kind);
      if (!waiting.some((p) => p.due <= now)) continue;
      notices.push({ kind, names: waiting.map((p) => p.name) });
      this.#changes = this.#changes.filter((p) => p.kind !== kind);
    }
    return notices;
  }

  /** Forgets what waits: after a restart everyone arrives again, which is no news. */
  clear(): void {
    this.#changes = [];
  }
}
