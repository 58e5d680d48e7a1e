/** The picture of a call that components draw: plain values, replaced as a whole when anything changes. */
import type { Problem } from '../api/problem';
import type { CaptionLine } from './captions/captions';
import type { DeviceKind, DeviceProblem } from './devices/devices';
import type { Ending } from './ending';
import type { OwnDevice, Person } from './link';
import type { ComingsNotice } from './notices/join-leave-notices';

export type Phase =
  /** On the way in for the first time. */
  | { kind: 'joining'; since: number; problem: Problem | null }
  | { kind: 'live' }
  /** The library mends the line; sound and picture may go on. */
  | { kind: 'mending'; since: number }
  /** The session is lost; the client asks for its seat again until it gets it or the person leaves. */
  | { kind: 'returning'; since: number; problem: Problem | null }
  | { kind: 'over'; ending: Ending }
  | { kind: 'left' };

export type NoticeContent =
  | ComingsNotice
  | { kind: 'muted-by-other'; device: OwnDevice }
  | { kind: 'back' }
  | { kind: 'share-refused' }
  | { kind: 'share-failed' }
  | { kind: 'share-ended' }
  | { kind: 'device-replaced'; device: OwnDevice; label: string }
  | { kind: 'device-problem'; device: DeviceKind; problem: DeviceProblem };

export type Notice = NoticeContent & { id: number };

export interface CallView {
  phase: Phase;
  /** In stable order: see `people/order.ts`. */
  people: readonly Person[];
  /** Whom the stage follows. */
  mainSpeaker: string | null;
  soundBlocked: boolean;
  microphoneOn: boolean;
  cameraOn: boolean;
  /** What keeps a device from giving anything, until it does. */
  deviceProblems: Record<OwnDevice, DeviceProblem | null>;
  captionsOn: boolean;
  captions: readonly CaptionLine[];
  /** The server said that captions come late. */
  captionsLate: boolean;
  language: string | null;
  notices: readonly Notice[];
  /** The capability to read this meeting's transcript, or null where none is kept. */
  transcript: string | null;
}

/** The call has not ended, nor been left. */
export function isOn(phase: Phase): boolean {
  return phase.kind !== 'over' && phase.kind !== 'left';
}

/** Since when the line is broken, or null while it is whole. */
export function brokenSince(phase: Phase): number | null {
  return phase.kind === 'mending' || phase.kind === 'returning' ? phase.since : null;
}

export function selfOf(view: CallView): Person | null {
  return view.people.find((person) => person.isSelf) ?? null;
}
