/** Runs in the browser: livekit-client as published, with what a row needs to drive it and to look at it. */
import { DataPacket } from '@livekit/protocol';
import * as livekit from 'livekit-client';
import { synthetic } from './synthetic.ts';

export interface JoinOptions {
  room?: { singlePeerConnection?: boolean; adaptiveStream?: boolean; dynacast?: boolean };
  connect?: { autoSubscribe?: boolean; rtcConfig?: RTCConfiguration };
  encryptionKey?: string;
}

/** What a subscriber knows of one remote track; counters are of the present receiver. */
export interface Remote {
  sid: string;
  published: boolean;
  subscribed: boolean;
  muted: boolean;
  streamState: string | null;
  codec: string;
  frames: number;
  packets: number;
  energy: number;
  octetsPerPacket: number;
  width: number;
  height: number;
}

export interface Sent {
  rid: string;
  active: boolean;
  codec: string;
  frames: number;
  width: number;
}

async function join(url: string, token: string, options: JoinOptions = {}): Promise<livekit.Room> {
  const encryption = options.encryptionKey === undefined ? undefined : await encryptionWith(options.encryptionKey);
  const joined = new livekit.Room({ ...options.room, ...(encryption ? { encryption } : {}) });
  Object.assign(globalThis, { room: joined });
  record(joined);
  joined.on('trackSubscribed', (track, publication) => show(track, publication.trackSid));
  joined.on('trackUnsubscribed', (track) => track.detach().forEach((element) => element.remove()));
  if (encryption) await joined.setE2EEEnabled(true);
  await joined.connect(url, token, options.connect);
  joined.engine.on('dataPacketReceived' as never, ((packet: DataPacket) =>
    packets.push(new TextDecoder().decode(packet.toBinary()))) as never);
  return joined;
}

async function encryptionWith(key: string): Promise<livekit.E2EEOptions> {
  const keyProvider = new livekit.ExternalE2EEKeyProvider();
  await keyProvider.setKey(key);
  Object.assign(globalThis, { keyProvider });
  return { keyProvider, worker: new Worker('/e2ee-worker.js') };
}

/** All that the room said, in order; rows look for names in it. */
const events: { name: string; who: string }[] = [];
/** Every data packet as it came, its bytes read as text. */
const packets: string[] = [];
const data: { text: string; from: string; topic: string }[] = [];

function record(joined: livekit.Room): void {
  for (const name of Object.values(livekit.RoomEvent)) {
    joined.on(name as never, ((...args: unknown[]) => events.push({ name, who: whoIn(args) })) as never);
  }
  joined.on('dataReceived', (payload, participant, _kind, topic) =>
    data.push({ text: new TextDecoder().decode(payload), from: participant?.identity ?? '', topic: topic ?? '' }),
  );
}

const whoIn = (args: unknown[]): string => {
  const participant = args.find((arg): arg is livekit.Participant => arg instanceof livekit.Participant);
  return participant?.identity ?? args.filter((arg) => typeof arg !== 'object').join(' ');
};

function show(track: livekit.RemoteTrack, sid: string): void {
  const element = track.attach();
  element.dataset.sid = sid;
  element.style.cssText = 'width:320px;height:180px';
  document.getElementById('stage')?.append(element);
}

function publicationOf(identity: string, source: string): livekit.RemoteTrackPublication | undefined {
  const participant = room.remoteParticipants.get(identity);
  return participant?.getTrackPublication(source as livekit.Track.Source) as livekit.RemoteTrackPublication | undefined;
}

async function remote(identity: string, source: string): Promise<Remote | null> {
  const publication = publicationOf(identity, source);
  if (!publication) return null;
  const report = await publication.track?.getRTCStatsReport();
  const all = [...(report?.values() ?? [])];
  const inbound = all.find((stat) => stat.type === 'inbound-rtp') ?? {};
  return {
    sid: publication.trackSid,
    published: true,
    subscribed: publication.isSubscribed,
    muted: publication.isMuted,
    streamState: publication.track?.streamState ?? null,
    codec: (all.find((stat) => stat.id === inbound.codecId)?.mimeType ?? '').toLowerCase(),
    frames: inbound.framesDecoded ?? 0,
    packets: inbound.packetsReceived ?? 0,
    energy: inbound.totalAudioEnergy ?? 0,
    octetsPerPacket: (inbound.bytesReceived ?? 0) / Math.max(inbound.packetsReceived ?? 0, 1),
    width: inbound.frameWidth ?? 0,
    height: inbound.frameHeight ?? 0,
  };
}

/** The layers of a track that this peer sends, as its sender is told to and as it does. */
async function sent(source: string): Promise<Sent[]> {
  const track = room.localParticipant.getTrackPublication(source as livekit.Track.Source)?.track;
  const all = [...((await track?.getRTCStatsReport())?.values() ?? [])];
  const encodings = track?.sender?.getParameters().encodings ?? [];
  return all
    .filter((stat) => stat.type === 'outbound-rtp')
    .map((stat) => ({
      rid: stat.rid ?? '',
      active: encodings.find((encoding) => (encoding.rid ?? '') === (stat.rid ?? ''))?.active ?? true,
      codec: (all.find((other) => other.id === stat.codecId)?.mimeType ?? '').toLowerCase(),
      frames: stat.framesEncoded ?? stat.packetsSent ?? 0,
      width: stat.frameWidth ?? 0,
    }));
}

/** Protocol of the candidate pairs in use, over all peer connections. */
async function transports(): Promise<string[]> {
  const manager = room.engine?.pcManager;
  const used: string[] = [];
  for (const transport of [manager?.publisher, manager?.subscriber]) {
    const stats = await transport?.getStats()?.catch(() => undefined);
    const all = [...(stats?.values() ?? [])];
    for (const pair of all.filter((stat) => stat.type === 'candidate-pair' && stat.nominated)) {
      used.push(all.find((stat) => stat.id === pair.localCandidateId)?.protocol ?? '?');
    }
  }
  return used;
}

/** Sends a data packet, given in its JSON form, on the reliable channel. */
async function sendPacket(json: object): Promise<void> {
  const packet = DataPacket.fromJson(json as never);
  await room.engine.sendDataPacket(packet, 0);
}

const peer = { join, events, data, packets, sendPacket, remote, sent, transports, publicationOf, synthetic, livekit };

export type PagePeer = typeof peer;
Object.assign(globalThis, { peer });

declare global {
  // Both live in the page; closures that are sent there may name them.
  var peer: PagePeer;
  var room: livekit.Room;
  var keyProvider: livekit.ExternalE2EEKeyProvider;
}
