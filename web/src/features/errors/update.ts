/** Reloads the page once when its own files are gone from the server, which means that a newer version runs. */
import { navigationType } from '../../browser/navigation';

/** So soon after a reload a missing file has another cause; reloading again would only loop. */
const FRESH_MS = 30_000;

export function reloadAfterUpdate(event: Event, reload: () => void = () => location.reload()): void {
  // Known from the page itself: a note in storage would be lost where storage is blocked, and the loop be endless.
  if (navigationType() === 'reload' && performance.now() < FRESH_MS) return;
  event.preventDefault();
  reload();
}
