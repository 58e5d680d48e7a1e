/** Sharing one's own screen: whether it is shared, and what to say when it is not. */
import type { Link } from '../link';
import type { Notices } from '../notices/notices';
import { Part } from '../part';
import { errorName, shareProblem } from './devices';

export class ScreenShare extends Part<boolean> {
  /** It is being shared, or was until the connection went. */
  #wasSharing = false;

  constructor(
    readonly link: () => Link | null,
    readonly notices: Notices,
  ) {
    super(false);
  }

  async switch(on: boolean): Promise<void> {
    try {
      await this.link()?.setScreenShare(on);
    } catch (cause) {
      // Closing the browser's chooser is a decision; only what went wrong needs words.
      const problem = shareProblem(errorName(cause), String(cause));
      if (problem === 'forbidden') this.notices.post({ kind: 'share-refused' });
      if (problem === 'failed') this.notices.post({ kind: 'share-failed' });
    }
  }

  /** What the room shows of it. */
  seen(sharing: boolean): void {
    this.set(sharing);
    if (sharing) this.#wasSharing = true;
    // When a connection goes the library first takes the share down and says why afterwards, in the same breath.
    const link = this.link();
    if (link === null) return;
    queueMicrotask(() => {
      if (link === this.link()) this.#wasSharing = this.view();
    });
  }

  /** A screen is shown only on a press: it cannot be restored, but nobody should think that it was. */
  connected(): void {
    if (this.#wasSharing) this.notices.post({ kind: 'share-ended' });
    this.#wasSharing = false;
    this.set(false);
  }
}
