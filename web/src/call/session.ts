/**
 * One person's call from the join button to the goodbye: joins, keeps the wishes about microphone and
 * camera, and when the line or the server goes away comes back by itself under the same identity.
 */
import { asProblem, type Problem } from '../api/problem';
import type { Joined, JoinRequest } from '../api/requests';
import { type CallView, type Phase, selfOf } from './call-view';
import { applyCaption } from './captions/captions';
import { type DeviceKind, type DeviceProblem, errorName, problemOf, shareProblem } from './devices/devices';
import { OwnDevices } from './devices/own-devices';
import { endingOfDisconnect, joinFailure } from './ending';
import type { OwnDevice, Person, RoomEvent, RoomPort } from './link';
import { NoticeBoard } from './notices/notice-board';
import { keepPlaces } from './people/order';
import { followSpeaker, NOBODY, type SpeakerState, withoutAbsent } from './people/speaker';
import { retryDelayMs } from './repair';
import { forgetSeat, type Seat, saveSeat } from './saved-session';

export interface Wishes {
  name: string;
  language: string | null;
  microphone: boolean;
  camera: boolean;
  captions: boolean;
  devices: { microphone: string | null; camera: string | null; speaker: string | null };
  former: JoinRequest['former'];
}

export interface Surroundings {
  join(request: JoinRequest): Promise<Joined>;
  openRoom(): Promise<RoomPort>;
}

const SPEAKER_CHECK_MS = 1_000;
/** A line is mended within a second of the network's return, or it is not. */
const MENDING_GRACE_MS = 3_000;

export class CallSession {
  #view: CallView;
  #listeners = new Set<() => void>();
  #room: RoomPort | null = null;
  #former: JoinRequest['former'];
  #devices: Wishes['devices'];
  #attempt = 0;
  /** Rises with each way in and out; what an older one still brings back is ignored. */
  #epoch = 0;
  /** The own screen is being shared, or was until the line went. */
  #sharing = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #speakerCheck: ReturnType<typeof setTimeout> | undefined;
  #speaker: SpeakerState = NOBODY;
  #board = new NoticeBoard((notices) => this.#set({ notices }));
  #ownDevices = new OwnDevices({
    room: () => this.#room,
    wished: (device) => this.#wished(device),
    chosen: (device) => (device === 'audioinput' ? this.#devices.microphone : this.#devices.camera),
    works: (device) => this.#mark(device, null),
    gaveUp: (device, problem) => this.#deviceFailed(device, problem),
  });

  constructor(
    readonly code: string,
    readonly wishes: Wishes,
    readonly surroundings: Surroundings,
  ) {
    this.#former = wishes.former;
    this.#devices = wishes.devices;
    this.#view = {
      phase: { kind: 'joining', since: Date.now(), problem: null },
      people: [],
      mainSpeaker: null,
      soundBlocked: false,
      microphoneOn: wishes.microphone,
      cameraOn: wishes.camera,
      deviceProblems: { audioinput: null, videoinput: null },
      captionsOn: wishes.captions,
      captions: [],
      captionsLate: false,
      language: wishes.language,
      notices: [],
      transcript: null,
    };
  }

  readonly view = (): CallView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    void this.#enter();
  }

  /** Knocks at once, whatever is under way: a request or a repair that hangs is not waited for. */
  retryNow(): void {
    const { kind } = this.#view.phase;
    if (kind === 'mending') this.#comeBack();
    if (kind === 'joining' || kind === 'returning') void this.#enter();
  }

  /** The library mends a line with less loss than a new join; it gets a moment to see that the network is back. */
  networkReturned(): void {
    const { phase } = this.#view;
    if (phase.kind !== 'mending') return this.retryNow();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#view.phase === phase && this.retryNow(), MENDING_GRACE_MS);
  }

  leave(): void {
    this.#stop({ kind: 'left' });
    forgetSeat(this.code);
  }

  setMicrophone(on: boolean): void {
    this.#set({ microphoneOn: on });
    this.#saveSeat();
    void this.#ownDevices.follow('audioinput');
  }

  setCamera(on: boolean): void {
    this.#set({ cameraOn: on });
    this.#saveSeat();
    void this.#ownDevices.follow('videoinput');
  }

  async setScreenShare(on: boolean): Promise<void> {
    try {
      await this.#room?.setScreenShare(on);
    } catch (cause) {
      // Closing the browser's chooser is a decision; only what went wrong needs words.
      const problem = shareProblem(errorName(cause), String(cause));
      if (problem === 'forbidden') this.#board.post({ kind: 'share-refused' });
      if (problem === 'failed') this.#board.post({ kind: 'share-failed' });
    }
  }

  setCaptions(on: boolean): void {
    this.#set({ captionsOn: on });
    this.#saveSeat();
  }

  setLanguage(language: string | null): void {
    this.#set({ language });
    this.#saveSeat();
    void this.#room?.setLanguage(language).catch(() => undefined);
  }

  switchDevice(kind: DeviceKind, id: string): void {
    if (kind === 'audioinput') this.#devices = { ...this.#devices, microphone: id };
    if (kind === 'videoinput') this.#devices = { ...this.#devices, camera: id };
    if (kind === 'audiooutput') this.#devices = { ...this.#devices, speaker: id };
    this.#room?.switchDevice(kind, id).catch((cause: unknown) => this.#switchFailed(kind, problemOf(cause)));
  }

  unblockSound(): void {
    void this.#room?.unblockSound().catch(() => undefined);
  }

  dismiss(notice: number): void {
    this.#board.dismiss(notice);
  }

  async #enter(): Promise<void> {
    const epoch = this.#newEpoch();
    try {
      const { code, surroundings } = this;
      const { language } = this.#view;
      const name = this.wishes.name;
      const [joined, room] = await Promise.all([
        surroundings.join({ code, name, language, former: this.#former }),
        surroundings.openRoom(),
      ]);
      if (epoch !== this.#epoch) return;
      this.#former = { identity: joined.identity, token: joined.token };
      this.#set({ transcript: joined.transcript ?? null });
      this.#saveSeat();
      await this.#connect(room, joined, epoch);
    } catch (cause) {
      if (epoch === this.#epoch) this.#joinFailed(asProblem(cause));
    }
  }

  async #connect(room: RoomPort, joined: Joined, epoch: number): Promise<void> {
    let connected = false;
    room.listen((event) => {
      // A disconnect on the way in is also thrown by `connect`, with more to say.
      if (epoch === this.#epoch && (connected || event.kind !== 'disconnected')) this.#onRoomEvent(event);
    });
    this.#room = room;
    await room.connect(joined.signal_url, joined.token);
    if (epoch !== this.#epoch) {
      await room.leave();
      return;
    }
    connected = true;
    this.#arrived();
  }

  #arrived(): void {
    this.#attempt = 0;
    this.#board.forgetPassages();
    if (this.#view.phase.kind === 'returning') this.#board.post({ kind: 'back' });
    // A screen is shown only on a press: it cannot be restored, but nobody should think that it was.
    if (this.#sharing) this.#board.post({ kind: 'share-ended' });
    this.#sharing = false;
    this.#set({ phase: { kind: 'live' } });
    this.#refresh();
    // One left at home is no trouble: the sound comes out of whatever there is.
    const { speaker } = this.#devices;
    if (speaker !== null) void this.#room?.switchDevice('audiooutput', speaker).catch(() => undefined);
    if (this.#view.microphoneOn) void this.#ownDevices.follow('audioinput');
    if (this.#view.cameraOn) void this.#ownDevices.follow('videoinput');
  }

  #joinFailed(problem: Problem): void {
    const failure = joinFailure(problem, this.#former !== null);
    if (failure.kind === 'over') {
      this.#stop({ kind: 'over', ending: failure.ending });
      return;
    }
    if (failure.kind === 'retry-as-new') this.#former = null;
    const { phase } = this.#view;
    if (phase.kind === 'joining' || phase.kind === 'returning') this.#set({ phase: { ...phase, problem } });
    this.#retry = setTimeout(() => void this.#enter(), retryDelayMs(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #onRoomEvent(event: RoomEvent): void {
    switch (event.kind) {
      case 'changed':
        return this.#refresh();
      case 'line-broken':
        return this.#lineBroken();
      case 'line-mended':
        return this.#set({ phase: { kind: 'live' } });
      case 'disconnected':
        return this.#disconnected(event.reason);
      case 'caption':
        return this.#set({ captions: applyCaption(this.#view.captions, event.caption, Date.now()) });
      case 'captions-late':
        return this.#set({ captionsLate: event.late });
      case 'joined':
      case 'left':
        // On a broken line everybody seems to leave, and to arrive when it is whole.
        if (this.#view.phase.kind !== 'live') return;
        return this.#board.passage(event.kind, event.identity, event.name);
      case 'self-muted':
        return this.#selfMuted(event.device);
      case 'device-gone':
        return this.#wished(event.device) ? this.#deviceFailed(event.device, 'gone') : undefined;
      case 'device-replaced':
        return this.#board.post(event);
    }
  }

  #lineBroken(): void {
    this.#board.forgetPassages();
    if (this.#view.phase.kind === 'live') this.#set({ phase: { kind: 'mending', since: Date.now() } });
  }

  #disconnected(reason: string | undefined): void {
    const ending = endingOfDisconnect(reason);
    if (ending) {
      this.#stop({ kind: 'over', ending });
      forgetSeat(this.code);
      return;
    }
    this.#comeBack();
  }

  #comeBack(): void {
    const { phase, people } = this.#view;
    const since = phase.kind === 'mending' ? phase.since : Date.now();
    this.#board.forgetPassages();
    this.#set({ phase: { kind: 'returning', since, problem: null }, people: people.map(seatOnly) });
    void this.#enter();
  }

  /** Draws the room's state anew: who is where, and who speaks. */
  #refresh(): void {
    const room = this.#room;
    if (!room) return;
    const { people, speaking, soundBlocked } = room.state();
    const byIdentity = new Map(people.map((person) => [person.identity, person]));
    const seats = keepPlaces(
      this.#view.people.map((person) => person.identity),
      people.map((person) => person.identity),
    );
    this.#followSpeaker(people, speaking);
    this.#set({
      people: seats.flatMap((identity) => byIdentity.get(identity) ?? []),
      mainSpeaker: this.#speaker.main,
      soundBlocked,
    });
    const sharing = selfOf(this.#view)?.screen != null;
    if (sharing) this.#sharing = true;
    // When a line goes the library first takes the share down and says why afterwards, in the same breath.
    else queueMicrotask(() => room === this.#room && this.#forgetShare());
  }

  #forgetShare(): void {
    this.#sharing = selfOf(this.#view)?.screen != null;
  }

  #followSpeaker(people: readonly Person[], speaking: readonly string[]): void {
    const others = people.filter((person) => !person.isSelf).map((person) => person.identity);
    const voices = speaking.filter((identity) => others.includes(identity));
    this.#speaker = followSpeaker(withoutAbsent(this.#speaker, others), voices, Date.now());
    clearTimeout(this.#speakerCheck);
    if (this.#speaker.candidate !== null) {
      this.#speakerCheck = setTimeout(() => this.#refresh(), SPEAKER_CHECK_MS);
    }
  }

  /** A muting that nobody here asked for: the wish follows it, so that a return does not undo it. */
  #selfMuted(device: OwnDevice): void {
    if (!this.#wished(device) || this.#ownDevices.isSwitching(device)) return;
    this.#set(device === 'audioinput' ? { microphoneOn: false } : { cameraOn: false });
    this.#saveSeat();
    this.#board.post({ kind: 'muted-by-other', device });
  }

  #wished(device: OwnDevice): boolean {
    return device === 'audioinput' ? this.#view.microphoneOn : this.#view.cameraOn;
  }

  /** To try a device the browser shuts the one before: there is nothing to fall back on. */
  #switchFailed(device: DeviceKind, problem: DeviceProblem): void {
    if (device === 'audiooutput') return this.#board.post({ kind: 'device-problem', device, problem });
    this.#deviceFailed(device, problem);
    void this.#ownDevices.follow(device);
  }

  /** The wish is given up with the device: a button that says "on" would promise what nobody hears. */
  #deviceFailed(device: OwnDevice, problem: DeviceProblem): void {
    if (this.#wished(device))
      this.#set(device === 'audioinput' ? { microphoneOn: false } : { cameraOn: false });
    this.#mark(device, problem);
    this.#board.post({ kind: 'device-problem', device, problem });
  }

  #mark(device: OwnDevice, problem: DeviceProblem | null): void {
    this.#set({ deviceProblems: { ...this.#view.deviceProblems, [device]: problem } });
  }

  #newEpoch(): number {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const former = this.#room;
    this.#room = null;
    void former?.leave().catch(() => undefined);
    this.#epoch += 1;
    return this.#epoch;
  }

  #stop(phase: Phase): void {
    this.#newEpoch();
    clearTimeout(this.#speakerCheck);
    this.#board.close();
    this.#set({ phase });
  }

  #saveSeat(): void {
    if (!this.#former) return;
    const { language, microphoneOn, cameraOn, captionsOn } = this.#view;
    const wishes = { language, microphone: microphoneOn, camera: cameraOn, captions: captionsOn };
    const seat: Seat = { ...this.#former, name: this.wishes.name, ...wishes };
    saveSeat(this.code, seat);
  }

  #set(change: Partial<CallView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** A person whose sound and picture are gone; a last frame left standing would look like presence. */
function seatOnly(person: Person): Person {
  return { ...person, camera: null, screen: null, sounds: [], speaking: false };
}
