/** Makes the room's microphone and camera follow what the person wishes, however slowly a device opens. */

import type { Link } from '../link';
import { type DeviceProblem, type OwnDevice, problemOf } from './devices';

export interface DeviceWishes {
  link(): Link | null;
  wished(device: OwnDevice): boolean;
  /** Which one to open, or null for the system's choice. */
  chosen(device: OwnDevice): string | null;
  works(device: OwnDevice): void;
  gaveUp(device: OwnDevice, problem: DeviceProblem): void;
}

/** A server that takes no track three times in a row is not merely busy. */
const PUBLISH_TRIES_MAX = 3;
const PUBLISH_RETRY_MS = 2_000;

export class OwnDevices {
  #switching = { audioinput: 0, videoinput: 0 };

  constructor(readonly wishes: DeviceWishes) {}

  /** A switch is under way: what goes mute meanwhile does so at the person's own wish. */
  isSwitching(device: OwnDevice): boolean {
    return this.#switching[device] > 0;
  }

  /**
   * Makes the room follow the wish. A device that refuses is given up; a server too busy to take the track, or
   * a connection that died meanwhile, is not the device's fault: the wish stays, and is tried again.
   */
  async follow(device: OwnDevice, triesLeft = PUBLISH_TRIES_MAX): Promise<void> {
    const link = this.wishes.link();
    const on = this.wishes.wished(device);
    const problem = await this.#switch(link, device, on);
    if (link !== this.wishes.link()) return;
    // A permission may be asked for longer than the library remembers a muting that waits for the answer: what was
    // wished meanwhile is done again, or the person would be live behind a button that says muted.
    if (on !== this.wishes.wished(device)) return this.follow(device);
    if (problem === null) return on ? this.wishes.works(device) : undefined;
    if (!on || triesLeft <= 1 || problem !== 'failed') return this.wishes.gaveUp(device, problem);
    setTimeout(() => {
      if (link === this.wishes.link() && this.wishes.wished(device)) void this.follow(device, triesLeft - 1);
    }, PUBLISH_RETRY_MS);
  }

  async #switch(link: Link | null, device: OwnDevice, on: boolean): Promise<DeviceProblem | null> {
    const id = this.wishes.chosen(device);
    this.#switching[device] += 1;
    try {
      await (device === 'audioinput' ? link?.setMicrophone(on, id) : link?.setCamera(on, id));
      return null;
    } catch (cause) {
      return problemOf(cause);
    } finally {
      this.#switching[device] -= 1;
    }
  }
}
