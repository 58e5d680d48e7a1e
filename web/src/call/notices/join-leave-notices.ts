/**
 * Turns arrivals and departures into few, quiet notices. Those of the same moment share one; someone who
 * leaves and is back within seconds (a reload, a tunnel) is not mentioned at all.
 */
export interface ComingsNotice {
  kind: 'joined' | 'left';
  names: string[];
}

interface Passage {
  identity: string;
  name: string;
  kind: 'joined' | 'left';
  due: number;
}

/** People who arrive together share a notice. */
const GATHER_MS = 800;
/** A reload takes two to three seconds. */
const MAY_RETURN_MS = 4_000;

export class Comings {
  #passages: Passage[] = [];

  arrive(identity: string, name: string, now: number): void {
    const left = this.#passages.findIndex((p) => p.identity === identity && p.kind === 'left');
    if (left !== -1) this.#passages.splice(left, 1);
    else this.#passages.push({ identity, name, kind: 'joined', due: now + GATHER_MS });
  }

  depart(identity: string, name: string, now: number): void {
    const joined = this.#passages.findIndex((p) => p.identity === identity && p.kind === 'joined');
    if (joined !== -1) this.#passages.splice(joined, 1);
    else this.#passages.push({ identity, name, kind: 'left', due: now + MAY_RETURN_MS });
  }

  /** When to ask again, or null. */
  deadline(): number | null {
    return this.#passages.length === 0 ? null : Math.min(...this.#passages.map((p) => p.due));
  }

  /** The notices that are due; a kind whose first is due takes along all of its kind that wait. */
  due(now: number): ComingsNotice[] {
    const notices: ComingsNotice[] = [];
    for (const kind of ['joined', 'left'] as const) {
      const waiting = this.#passages.filter((p) => p.kind === kind);
      if (!waiting.some((p) => p.due <= now)) continue;
      notices.push({ kind, names: waiting.map((p) => p.name) });
      this.#passages = this.#passages.filter((p) => p.kind !== kind);
    }
    return notices;
  }

  /** Forgets what waits: after a restart everyone arrives again, which is no news. */
  clear(): void {
    this.#passages = [];
  }
}
