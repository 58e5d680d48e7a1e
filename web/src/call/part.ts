/** One subject of a call: a value that is replaced whenever it changes, for those who subscribe to this subject. */
export class Part<S> {
  #view: S;
  #listeners = new Set<() => void>();

  constructor(view: S) {
    this.#view = view;
  }

  readonly view = (): S => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Keeps the former value where nothing differs, so that nobody draws again for nothing. */
  protected set(view: S): void {
    if (isSame(this.#view, view)) return;
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

/** Equal by their fields, one level deep: fields are replaced when they change. */
export function isSame<S>(one: S, other: S): boolean {
  if (Object.is(one, other)) return true;
  if (!isRecord(one) || !isRecord(other)) return false;
  const [ones, others] = [Object.entries(one), Object.entries(other)];
  return ones.length === others.length && ones.every(([key, value]) => Object.is(value, other[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
