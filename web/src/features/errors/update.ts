/** Reloads the page once when its own files are gone from the server, which means that a newer version runs. */
const KEY = 'visio.reloaded-at';
/** A second failure within this time has another cause; reloading again would only loop. */
const ONCE_WITHIN_MS = 30_000;

export function reloadAfterUpdate(event: Event, reload: () => void = () => location.reload()): void {
  const last = Number(sessionStorage.getItem(KEY) ?? 0);
  if (Date.now() - last < ONCE_WITHIN_MS) return;
  event.preventDefault();
  sessionStorage.setItem(KEY, String(Date.now()));
  reload();
}
