/** The real adapter over a stand-in for LiveKit's Room: what goes in as its events comes out as ours. */
import {
  ConnectionError,
  DisconnectReason,
  EngineEvent,
  RoomEvent as Event,
  type ReconnectPolicy,
  type Room,
  Track,
  TrackEvent,
} from 'livekit-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../api/problem';
import type { Link, LinkEvent, Message } from '../link';
import { openLiveKitRoom, roomOptions } from './room';
import { FakeLiveKitRoom, FakeTrack, participant, publication, textStream } from './testing/fake-livekit';

let link: Link;
let room: FakeLiveKitRoom;
let heard: LinkEvent[];

beforeEach(() => {
  room = new FakeLiveKitRoom();
  link = openLiveKitRoom(room as unknown as Room);
  heard = [];
  link.listen((event) => heard.push(event));
});

describe('events', () => {
  it('tells of Bob coming and going, by identity and name', () => {
    room.emit(Event.ParticipantConnected, participant('Bob'));
    room.emit(Event.ParticipantDisconnected, participant('Bob'));
    expect(heard.filter((event) => event.kind !== 'changed')).toEqual([
      { kind: 'joined', identity: 'bob', name: 'Bob' },
      { kind: 'left', identity: 'bob', name: 'Bob' },
    ]);
  });

  it.each([
    Event.TrackSubscribed,
    Event.TrackMuted,
    Event.ActiveSpeakersChanged,
    Event.ConnectionQualityChanged,
  ])('asks for a new drawing after %s', (event) => {
    room.emit(event, publication(), participant('Bob'));
    expect(heard).toContainEqual({ kind: 'changed' });
  });

  it('tells of a connection that is interrupted, repaired, and ends, with the reason by name', () => {
    room.emit(Event.SignalReconnecting);
    room.emit(Event.Reconnected);
    room.emit(Event.Disconnected, DisconnectReason.PARTICIPANT_REMOVED);
    room.emit(Event.Disconnected);
    expect(heard).toEqual([
      { kind: 'reconnecting' },
      { kind: 'reconnected' },
      { kind: 'disconnected', reason: 'PARTICIPANT_REMOVED' },
      { kind: 'disconnected', reason: undefined },
    ]);
  });

  it('hands on the token that the server renews', () => {
    room.engine.emit(EngineEvent.TokenRefreshed, 'next');
    expect(heard).toEqual([{ kind: 'token', token: 'next' }]);
  });

  it('tells one’s own muting, and not that of others', () => {
    room.emit(Event.TrackMuted, publication({ source: Track.Source.Microphone }), participant('Bob'));
    room.emit(Event.TrackMuted, publication({ source: Track.Source.Camera }), room.localParticipant);
    expect(heard.filter((event) => event.kind === 'self-muted')).toEqual([
      { kind: 'self-muted', device: 'videoinput' },
    ]);
  });
});

describe('a microphone that is unplugged', () => {
  function plugged() {
    const track = new FakeTrack();
    const microphone = publication({ source: Track.Source.Microphone, track });
    room.emit(Event.LocalTrackPublished, microphone, room.localParticipant);
    heard.length = 0;
    return { track, mute: () => room.emit(Event.TrackMuted, microphone, room.localParticipant) };
  }
  const told = () => heard.filter((event) => event.kind !== 'changed');

  it('is gone where there is no other, and nobody is accused of muting', () => {
    const { track, mute } = plugged();
    track.emit(TrackEvent.Ended);
    mute();
    expect(told()).toEqual([{ kind: 'device-gone', device: 'audioinput' }]);
  });

  it('is replaced by another, which is named; who mutes that one did it', () => {
    const { track, mute } = plugged();
    track.emit(TrackEvent.Ended);
    track.mediaStreamTrack.label = 'Built-in (05ac:8104)';
    track.emit(TrackEvent.Restarted);
    mute();
    expect(told()).toEqual([
      { kind: 'device-replaced', device: 'audioinput', label: 'Built-in' },
      { kind: 'self-muted', device: 'audioinput' },
    ]);
  });

  it('says nothing when Alice chose another herself', () => {
    const { track } = plugged();
    track.emit(TrackEvent.Restarted);
    expect(told()).toEqual([]);
  });

  it('leaves a failed switch to the one who pressed it', () => {
    room.emit(Event.MediaDevicesError, new DOMException('', 'NotReadableError'), 'videoinput');
    expect(heard).toEqual([]);
  });
});

describe('messages', () => {
  let messages: Message[];
  beforeEach(() => {
    messages = [];
    link.on('visio.captions', (message) => messages.push(message));
  });
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('reads a stream with its attributes and its sender', async () => {
    room.stream('visio.captions', textStream('Good morning.', { final: 'true' }), 'bob');
    await vi.waitFor(() =>
      expect(messages).toEqual([{ text: 'Good morning.', attributes: { final: 'true' }, sender: 'bob' }]),
    );
  });

  it('reads a packet of the topic alone, and tells the server from a participant', () => {
    room.emit(Event.DataReceived, bytes('mine'), participant('Eve'), 0, 'visio.captions');
    room.emit(Event.DataReceived, bytes('other'), undefined, 0, 'chat');
    room.emit(Event.DataReceived, bytes('ours'), undefined, 0, 'visio.captions');
    expect(messages).toEqual([
      { text: 'mine', attributes: {}, sender: 'eve' },
      { text: 'ours', attributes: {}, sender: null },
    ]);
  });

  it('believes no stream that the server could not read', async () => {
    room.stream('visio.captions', textStream('Plan A', {}, 1), 'bob');
    room.stream('visio.captions', textStream('Plan B', {}), 'bob');
    await vi.waitFor(() => expect(messages).toMatchObject([{ text: 'Plan B' }]));
  });

  it('ignores a stream that breaks off', async () => {
    room.stream('visio.captions', textStream(new Error('broken off'), {}), 'bob');
    await new Promise((done) => setTimeout(done, 10));
    expect(messages).toEqual([]);
  });
});

describe('connecting', () => {
  it('turns a refused token into a final problem, and an unreachable server into a passing one', async () => {
    room.connect.mockRejectedValueOnce(ConnectionError.notAllowed('no', 401));
    const refused = await link.connect('ws://x', 't').catch((cause: unknown) => cause);
    room.connect.mockRejectedValueOnce(ConnectionError.serverUnreachable('gone', 404));
    const gone = await link.connect('ws://x', 't').catch((cause: unknown) => cause);
    expect([refused, gone].map((cause) => cause instanceof Problem && cause.passing)).toEqual([false, true]);
  });

  it('saves bandwidth on both sides, and gives up on a dead server after seconds', () => {
    const options = roomOptions();
    expect(options).toMatchObject({ adaptiveStream: true, dynacast: true });
    const policy = options.reconnectPolicy as ReconnectPolicy;
    expect(policy.nextRetryDelayInMs({ retryCount: 5, elapsedMs: 0 })).toBeNull();
  });
});

describe('state', () => {
  it('lists everyone with what they send; a muted camera shows no picture', () => {
    const camera = publication({ source: Track.Source.Camera, videoTrack: {} });
    const muted = publication({ source: Track.Source.Camera, videoTrack: {}, isMuted: true });
    room.remoteParticipants.set('bob', participant('Bob', { [Track.Source.Camera]: camera }));
    room.remoteParticipants.set('carol', participant('Carol', { [Track.Source.Camera]: muted }));
    room.activeSpeakers = [participant('Carol')];
    const { people, speaking, soundBlocked } = link.state();
    expect(people.map((person) => [person.name, person.isSelf, person.camera !== null])).toEqual([
      ['Alice', true, false],
      ['Bob', false, true],
      ['Carol', false, false],
    ]);
    expect([speaking, soundBlocked]).toEqual([['carol'], false]);
  });

  it('hears nobody speak whose microphone is off, however loud their shared screen', () => {
    const carol = participant('Carol');
    carol.isMicrophoneEnabled = false;
    room.activeSpeakers = [carol, participant('Bob')];
    expect(link.state().speaking).toEqual(['bob']);
  });

  it('knows from the server whose name looks like that of another', () => {
    const eve = participant('B0b');
    eve.attributes = { 'visio.lookalike': 'true' };
    room.remoteParticipants.set('bob', participant('Bob'));
    room.remoteParticipants.set('b0b', eve);
    expect(link.state().people.map((person) => person.isLookalike)).toEqual([false, false, true]);
  });

  it('keeps the same picture for the same track, so that elements stay attached', () => {
    const camera = publication({ source: Track.Source.Camera, videoTrack: {} });
    room.remoteParticipants.set('bob', participant('Bob', { [Track.Source.Camera]: camera }));
    expect(link.state().people[1]?.camera).toBe(link.state().people[1]?.camera);
  });

  it('plays others’ sound and never one’s own', () => {
    const microphone = publication({ source: Track.Source.Microphone, audioTrack: {} });
    room.remoteParticipants.set('bob', participant('Bob', { [Track.Source.Microphone]: microphone }));
    room.localParticipant.audioTrackPublications.set('m', microphone);
    expect(link.state().people.map((person) => person.sounds.length)).toEqual([0, 1]);
  });
});

describe('devices', () => {
  it('opens the chosen microphone, and whatever there is without a choice', async () => {
    await link.setMicrophone(true, 'headset');
    await link.setCamera(true, null);
    expect(room.localParticipant.setMicrophoneEnabled).toHaveBeenCalledWith(true, { deviceId: 'headset' });
    expect(room.localParticipant.setCameraEnabled).toHaveBeenCalledWith(true, undefined);
  });

  it('shares text sharply, and sets an attribute', async () => {
    await link.setScreenShare(true);
    await link.setAttribute('visio.language', '');
    expect(room.localParticipant.setScreenShareEnabled.mock.calls[0]?.[1]).toMatchObject({
      contentHint: 'text',
    });
    expect(room.localParticipant.setAttributes).toHaveBeenCalledWith({ 'visio.language': '' });
  });
});
