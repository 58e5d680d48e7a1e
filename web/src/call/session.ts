/** One person's call from the join button to the goodbye: makes its parts, and lets them know of each other. */
import type { JoinRequest } from '../api/requests';
import { Captions } from './captions/captions-part';
import { isOn, type Phase } from './connection';
import { Connector, type SessionDeps } from './connector';
import { type ChosenDevices, OwnMedia } from './devices/own-media';
import { ScreenShare } from './devices/screen-share';
import type { Link, Person, RoomNews } from './link';
import { Notices } from './notices/notices';
import { People, selfOf } from './people/people';
import { forgetSession, saveSession } from './saved-session';
import { Transcript } from './transcript/transcript';

export interface JoinOptions {
  name: string;
  language: string | null;
  microphone: boolean;
  camera: boolean;
  captions: boolean;
  devices: ChosenDevices;
  former: JoinRequest['former'];
}

export class CallSession {
  readonly #link = (): Link | null => this.connection.link;
  readonly connection: Connector;
  readonly notices = new Notices();
  readonly people = new People(this.#link, (before, after) => this.#renamed(before, after));
  readonly share = new ScreenShare(this.#link, this.notices);
  readonly media: OwnMedia;
  readonly captions: Captions;
  readonly transcript: Transcript;
  #phase: Phase['kind'] = 'joining';

  constructor(
    readonly code: string,
    readonly options: JoinOptions,
    deps: SessionDeps,
  ) {
    const token = () => this.connection.former?.token ?? null;
    this.transcript = new Transcript(deps.transcript, token, this.notices);
    this.media = new OwnMedia(this.#link, this.notices, options);
    this.captions = new Captions(this.#link, (identity) => this.#personOf(identity), options);
    this.connection = new Connector(options.former, deps, {
      request: () => ({ code, name: options.name, language: this.captions.view().language }),
      admitted: () => this.#save(),
      opened: (link) => this.captions.listen(link),
      happened: (event) => this.#happened(event),
      forget: () => forgetSession(code),
    });
    this.connection.subscribe(() => this.#phaseChanged());
    this.people.subscribe(() => this.share.seen(selfOf(this.people.view())?.screen != null));
    this.media.subscribe(() => this.#save());
    this.captions.subscribe(() => this.#save());
  }

  start(): void {
    this.connection.start();
  }

  leave(): void {
    this.connection.send({ kind: 'left' });
  }

  /** What a reload returns with. */
  #save(): void {
    const { former } = this.connection;
    if (!former || !isOn(this.connection.view())) return;
    const { microphoneOn: microphone, cameraOn: camera } = this.media.view();
    const { on: captions, language } = this.captions.view();
    saveSession(this.code, { ...former, name: this.options.name, language, microphone, camera, captions });
  }

  #phaseChanged(): void {
    const before = this.#phase;
    this.#phase = this.connection.view().kind;
    switch (this.#phase) {
      case 'live':
        return before === 'reconnecting' ? undefined : this.#connected(before === 'rejoining');
      case 'reconnecting':
        return this.notices.forgetJoinsAndLeaves();
      case 'rejoining':
        this.notices.forgetJoinsAndLeaves();
        // A share that ends with the connection did not end by itself.
        return this.people.withoutMedia();
      case 'over':
      case 'left':
        this.people.close();
        this.transcript.close();
        return this.notices.close();
    }
  }

  #connected(isBack: boolean): void {
    this.notices.forgetJoinsAndLeaves();
    if (isBack) this.notices.post({ kind: 'back' });
    this.share.connected();
    this.people.refresh();
    this.transcript.connected(this.connection.link?.state().transcriptKept ?? false);
    this.media.connected();
  }

  #happened(event: RoomNews): void {
    switch (event.kind) {
      case 'changed':
        this.transcript.seen(this.connection.link?.state().transcriptKept ?? false);
        return this.people.refresh();
      case 'joined':
      case 'left':
        if (this.#phase !== 'live') return;
        return this.notices.joinedOrLeft(event.kind, event.identity, event.name);
      case 'self-muted':
        return this.media.muted(event.device);
      case 'device-gone':
        return this.media.gone(event.device);
      case 'device-replaced':
        return this.notices.post(event);
    }
  }

  /** What somebody was called before a break in the connection is no news. */
  #renamed(before: Person, after: Person): void {
    if (this.#phase === 'live') this.notices.post({ kind: 'renamed', before: before.name, name: after.name });
  }

  #personOf(identity: string): Person | undefined {
    return this.people.view().people.find((person) => person.identity === identity);
  }
}
