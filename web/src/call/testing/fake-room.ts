/** A room without a network: the test decides what happens in it. */
import type { Person, RoomEvent, RoomPort, RoomState } from '../link';
import { alice } from './people';

export class FakeRoom implements RoomPort {
  readonly calls: string[] = [];
  people: Person[] = [alice];
  speaking: string[] = [];
  connectFails: Error | null = null;
  /** While it is pending the camera opens. */
  cameraOpens: Promise<void> | null = null;
  cameraFails: Error | null = null;
  switchFails: Error | null = null;
  shareFails: Error | null = null;
  #listener: (event: RoomEvent) => void = () => {};

  listen(listener: (event: RoomEvent) => void): void {
    this.#listener = listener;
  }

  tell(event: RoomEvent): void {
    this.#listener(event);
  }

  /** Alice's own state as the room reports it back. */
  seeSelf(change: Partial<Person>): void {
    this.people = this.people.map((person) => (person.isSelf ? { ...person, ...change } : person));
    this.tell({ kind: 'changed' });
  }

  async connect(url: string, token: string): Promise<void> {
    this.calls.push(`connect ${url} ${token}`);
    if (this.connectFails) throw this.connectFails;
  }

  async leave(): Promise<void> {
    this.calls.push('leave');
  }

  state(): RoomState {
    return { people: this.people, speaking: this.speaking, soundBlocked: false };
  }

  async setMicrophone(on: boolean, deviceId: string | null): Promise<void> {
    this.calls.push(`microphone ${on} ${deviceId}`);
  }

  async setCamera(on: boolean, deviceId: string | null): Promise<void> {
    this.calls.push(`camera ${on} ${deviceId}`);
    await this.cameraOpens;
    if (this.cameraFails) throw this.cameraFails;
  }

  async setScreenShare(on: boolean): Promise<void> {
    this.calls.push(`share ${on}`);
    if (this.shareFails) throw this.shareFails;
  }

  async switchDevice(kind: string, deviceId: string): Promise<void> {
    this.calls.push(`use ${kind} ${deviceId}`);
    if (this.switchFails) throw this.switchFails;
  }

  async setLanguage(language: string | null): Promise<void> {
    this.calls.push(`language ${language}`);
  }

  async unblockSound(): Promise<void> {
    this.calls.push('unblock');
  }
}
