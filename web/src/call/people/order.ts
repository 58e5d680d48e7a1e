/** Keeps everyone where they were: newcomers go last, and the last fills a gap, so that only one face moves. */
export function keepOrder(before: readonly string[], present: readonly string[]): string[] {
  const here = new Set(present);
  const placed = new Set(before.filter((id) => here.has(id)));
  const queue = present.filter((id) => !placed.has(id));
  const order: (string | null)[] = before.map((id) => (here.has(id) ? id : (queue.shift() ?? null)));
  const all = [...order, ...queue];
  for (let gap = all.indexOf(null); gap !== -1; gap = all.indexOf(null)) {
    const last = all.pop() ?? null;
    if (gap < all.length) all[gap] = last;
  }
  return all.filter((id) => id !== null);
}

/** Who shares a screen, the latest last; who stops and begins again is the latest again. */
export function inOrderOfArrival(before: readonly string[], present: readonly string[]): readonly string[] {
  const stayed = before.filter((id) => present.includes(id));
  const came = present.filter((id) => !before.includes(id));
  return came.length === 0 && stayed.length === before.length ? before : [...stayed, ...came];
}
