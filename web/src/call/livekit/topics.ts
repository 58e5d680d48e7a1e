/** Texts that come under a topic, be they packets or streams. */
import { RoomEvent as Event, type Room } from 'livekit-client';
import type { Message } from '../link';

/** LiveKit's number for data in the clear: the server cannot read, and so not refuse, what is encrypted. */
const IN_THE_CLEAR = 0;

export function listenToTopic(room: Room, topic: string, listener: (message: Message) => void): void {
  room.on(Event.DataReceived, (payload, sender, _kind, packetTopic) => {
    if (packetTopic !== topic) return;
    listener({ text: new TextDecoder().decode(payload), attributes: {}, sender: sender?.identity ?? null });
  });
  room.registerTextStreamHandler(topic, (reader, { identity }) => {
    if (reader.info.encryptionType !== IN_THE_CLEAR) return;
    // One that breaks off says nothing.
    const whole = reader.readAll().catch(() => null);
    void whole.then((text) => {
      if (text !== null)
        listener({ text, attributes: reader.info.attributes ?? {}, sender: identity || null });
    });
  });
}
