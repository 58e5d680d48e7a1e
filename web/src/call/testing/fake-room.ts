/** A room without a network: the test decides what happens in it. */
import type { Link, LinkEvent, Message, Person, RoomState } from '../link';
import { alice } from './people';

export class FakeRoom implements Link {
  readonly calls: string[] = [];
  people: Person[] = [alice];
  speaking: string[] = [];
  soundBlocked = false;
  transcriptKept = false;
  connectFails: Error | null = null;
  /** While it is pending the camera opens. */
  cameraOpens: Promise<void> | null = null;
  cameraFails: Error | null = null;
  switchFails: Error | null = null;
  shareFails: Error | null = null;
  #microphone: MediaStreamTrack | null = null;
  #topics = new Map<string, (message: Message) => void>();
  #listener: (event: LinkEvent) => void = () => {};

  listen(listener: (event: LinkEvent) => void): void {
    this.#listener = listener;
  }

  tell(event: LinkEvent): void {
    this.#listener(event);
  }

  /** Alice's own state as the room reports it back. */
  seeSelf(change: Partial<Person>): void {
    this.people = this.people.map((person) => (person.isSelf ? { ...person, ...change } : person));
    this.tell({ kind: 'changed' });
  }

  on(topic: string, listener: (message: Message) => void): void {
    this.#topics.set(topic, listener);
  }

  /** A caption as the server sends it: in the speaker's name. */
  say(
    identity: string,
    text: string,
    segment: string,
    more: { final?: boolean; certain?: number; startedAt?: number; kept?: boolean } = {},
  ): void {
    const { final = false, certain = text.length, startedAt = 0, kept = false } = more;
    const attributes = {
      'lk.segment_id': segment,
      'lk.transcription_final': String(final),
      'visio.certain_chars': String(certain),
      'visio.started_at_ms': String(startedAt),
      'visio.kept': String(kept),
    };
    this.#topics.get('lk.transcription')?.({ text, attributes, sender: identity });
  }

  /** A caption as an agent sends it, which LiveKit's clients would show. */
  sayAsAgent(identity: string, text: string, segment: string): void {
    const attributes = { 'lk.segment_id': segment, 'lk.transcription_final': 'true' };
    this.#topics.get('lk.transcription')?.({ text, attributes, sender: identity });
  }

  /** What the server says of its captions, or somebody in its name. */
  sayStatus(text: string, sender: string | null = null): void {
    this.#topics.get('visio.captions')?.({ text, attributes: {}, sender });
  }

  async connect(url: string, token: string): Promise<void> {
    this.calls.push(`connect ${url} ${token}`);
    if (this.connectFails) throw this.connectFails;
  }

  async leave(): Promise<void> {
    this.calls.push('leave');
  }

  state(): RoomState {
    const { people, speaking, soundBlocked, transcriptKept } = this;
    return { people, speaking, soundBlocked, transcriptKept };
  }

  /** It has one once it was switched on. */
  microphone(): MediaStreamTrack | null {
    return this.#microphone;
  }

  async setMicrophone(on: boolean, deviceId: string | null): Promise<void> {
    this.calls.push(`microphone ${on} ${deviceId}`);
    this.#microphone ??= { id: 'microphone' } as MediaStreamTrack;
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

  async setAttribute(name: string, value: string): Promise<void> {
    this.calls.push(`${name} ${value}`);
  }

  async unblockSound(): Promise<void> {
    this.calls.push('unblock');
  }
}
