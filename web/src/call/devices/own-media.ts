/** One's own microphone and camera: what the person wants of them, what they do, and what is wrong with them. */
import type { Link } from '../link';
import type { Notices } from '../notices/notices';
import { Part } from '../part';
import { type DeviceKind, type DeviceProblem, type OwnDevice, problemOf } from './devices';
import { OwnDevices } from './own-devices';

export interface OwnMediaView {
  microphoneOn: boolean;
  cameraOn: boolean;
  /** Switched on, and not yet sending: a camera takes a moment, a permission may be asked for. */
  starting: Record<OwnDevice, boolean>;
  /** What keeps a device from giving anything, until it does. */
  problems: Record<OwnDevice, DeviceProblem | null>;
}

/** The browser's ids of the devices that were chosen; null is the system's choice. */
export type ChosenDevices = Record<'microphone' | 'camera' | 'speaker', string | null>;

const CHOICE = { audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speaker' } as const;

export class OwnMedia extends Part<OwnMediaView> {
  #chosen: ChosenDevices;
  #devices: OwnDevices;

  constructor(
    readonly link: () => Link | null,
    readonly notices: Notices,
    options: { microphone: boolean; camera: boolean; devices: ChosenDevices },
  ) {
    super({
      microphoneOn: options.microphone,
      cameraOn: options.camera,
      starting: { audioinput: options.microphone, videoinput: options.camera },
      problems: { audioinput: null, videoinput: null },
    });
    this.#chosen = options.devices;
    this.#devices = new OwnDevices({
      link,
      wished: (device) => this.isOn(device),
      chosen: (device) => this.#chosen[CHOICE[device]],
      works: (device) => this.#works(device),
      gaveUp: (device, problem) => this.#failed(device, problem),
    });
  }

  isOn(device: OwnDevice): boolean {
    return device === 'audioinput' ? this.view().microphoneOn : this.view().cameraOn;
  }

  switch(device: OwnDevice, on: boolean): void {
    this.#show(device, on, on);
    void this.#devices.follow(device);
  }

  /** By a key, wherever the focus is: said aloud, for the button that shows it is not what the person is at. */
  toggleByKey(device: OwnDevice): void {
    const on = !this.isOn(device);
    this.switch(device, on);
    this.notices.post({ kind: 'switched', device, on });
  }

  choose(kind: DeviceKind, id: string): void {
    this.#chosen = { ...this.#chosen, [CHOICE[kind]]: id };
    const switched = this.link()?.switchDevice(kind, id);
    switched?.catch((cause: unknown) => this.#switchFailed(kind, problemOf(cause)));
  }

  /** A new connection gets what the person wants. */
  connected(): void {
    const { speaker } = this.#chosen;
    // One left at home is no trouble: the sound comes out of whatever there is.
    if (speaker !== null)
      void this.link()
        ?.switchDevice('audiooutput', speaker)
        .catch(() => undefined);
    for (const device of ['audioinput', 'videoinput'] as const)
      if (this.isOn(device)) this.switch(device, true);
  }

  /** Muted, and nobody here asked for it: the wish follows, so that a new connection does not undo it. */
  muted(device: OwnDevice): void {
    if (!this.isOn(device) || this.#devices.isSwitching(device)) return;
    this.#show(device, false, false);
    this.notices.post({ kind: 'muted-by-other', device });
  }

  gone(device: OwnDevice): void {
    if (this.isOn(device)) this.#failed(device, 'gone');
  }

  #works(device: OwnDevice): void {
    this.#show(device, true, false);
    this.#mark(device, null);
  }

  /** To try a device the browser shuts the one before: there is nothing to fall back on. */
  #switchFailed(device: DeviceKind, problem: DeviceProblem): void {
    if (device === 'audiooutput') return this.notices.post({ kind: 'device-problem', device, problem });
    this.#failed(device, problem);
    void this.#devices.follow(device);
  }

  /** The wish is given up with the device: a button that says "on" would promise what nobody hears. */
  #failed(device: OwnDevice, problem: DeviceProblem): void {
    this.#show(device, false, false);
    this.#mark(device, problem);
    this.notices.post({ kind: 'device-problem', device, problem });
  }

  #show(device: OwnDevice, on: boolean, isStarting: boolean): void {
    const { starting } = this.view();
    this.set({
      ...this.view(),
      ...(device === 'audioinput' ? { microphoneOn: on } : { cameraOn: on }),
      starting: starting[device] === isStarting ? starting : { ...starting, [device]: isStarting },
    });
  }

  #mark(device: OwnDevice, problem: DeviceProblem | null): void {
    const { problems } = this.view();
    if (problems[device] !== problem)
      this.set({ ...this.view(), problems: { ...problems, [device]: problem } });
  }
}
