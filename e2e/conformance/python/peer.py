"""The Python `livekit` wheel, driven by JSON commands on standard input, one a line."""

import asyncio
import json
import sys
import wave

import numpy as np
from livekit import rtc

SAMPLE_RATE_HZ = 48_000
AUDIO_FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
TONE_HZ = 440
CODECS = {
    "vp8": rtc.VideoCodec.VP8,
    "vp9": rtc.VideoCodec.VP9,
    "h264": rtc.VideoCodec.H264,
    "av1": rtc.VideoCodec.AV1,
}


class Peer:
    """One participant; every public coroutine is a command, its keyword arguments come from the line."""

    def __init__(self):
        self.room = rtc.Room()
        self.tasks = []
        self.received = {}
        self.data = []
        self.texts = []
        self.byte_counts = []
        self.finals = []
        self.transcriptions = []
        self.events = []
        self.published = {}
        self.sources = {}

    async def join(self, url, token, single_peer_connection):
        self._listen()
        options = rtc.RoomOptions(auto_subscribe=True, single_peer_connection=single_peer_connection)
        await self.room.connect(url, token, options)
        return {"sid": self.room.local_participant.sid}

    async def leave(self):
        for task in self.tasks:
            task.cancel()
        await self.room.disconnect()

    async def publish_tone(self):
        source = rtc.AudioSource(SAMPLE_RATE_HZ, 1)
        track = rtc.LocalAudioTrack.create_audio_track("tone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self.published["microphone"] = await self.room.local_participant.publish_track(track, options)
        self._spawn(send_tone(source))
        return {"sid": self.published["microphone"].sid}

    async def publish_video(self, codec, width, height, simulcast):
        source = rtc.VideoSource(width, height)
        track = rtc.LocalVideoTrack.create_video_track("picture", source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, video_codec=CODECS[codec], simulcast=simulcast
        )
        self.published["camera"] = await self.room.local_participant.publish_track(track, options)
        self.sources["camera"] = self._spawn(send_picture(source, width, height))
        return {"sid": self.published["camera"].sid}

    async def publish_recording(self, path):
        with wave.open(path) as recording:
            rate, samples = recording.getframerate(), recording.readframes(recording.getnframes())
        source = rtc.AudioSource(rate, 1)
        track = rtc.LocalAudioTrack.create_audio_track("recording", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
        self.published["microphone"] = await self.room.local_participant.publish_track(track, options)
        self._spawn(send_recording(source, rate, samples))

    async def unpublish(self, source):
        await self.room.local_participant.unpublish_track(self.published.pop(source).sid)
        if source in self.sources:
            self.sources.pop(source).cancel()

    async def mute(self, source, muted):
        track = self.published[source].track
        track.mute() if muted else track.unmute()

    async def send_data(self, text, reliable, topic):
        await self.room.local_participant.publish_data(text.encode(), reliable=reliable, topic=topic)

    async def send_text(self, text, topic):
        await self.room.local_participant.send_text(text, topic=topic)

    async def forge(self, text):
        """Captions in the name of Alice: LiveKit's older packet, a text stream, and data of the server's."""
        me = self.room.local_participant
        segment = rtc.TranscriptionSegment(id="s1", text=text, start_time=0, end_time=0, language="en", final=True)
        await me.publish_transcription(
            rtc.Transcription(participant_identity="Alice", track_sid="TR_AMalice000001", segments=[segment])
        )
        about = {"lk.segment_id": "s1", "lk.transcription_final": "true", "visio.certain_chars": "3"}
        await me.send_text(text, topic="lk.transcription", attributes=about)
        await me.publish_data(text.encode(), reliable=True, topic="visio.captions")

    async def send_bytes(self, count, topic):
        writer = await self.room.local_participant.stream_bytes("bytes.bin", total_size=count, topic=topic)
        await writer.write(bytes(count))
        await writer.aclose()

    async def rpc(self, to, method, payload):
        return await self.room.local_participant.perform_rpc(
            destination_identity=to, method=method, payload=payload, response_timeout=10
        )

    async def set_about_self(self, name, metadata, attributes):
        await self.room.local_participant.set_name(name)
        await self.room.local_participant.set_metadata(metadata)
        await self.room.local_participant.set_attributes(attributes)

    async def subscribe(self, to, source, subscribed):
        self._publication(to, source).set_subscribed(subscribed)

    async def set_quality(self, to, source, quality):
        self._publication(to, source).set_video_quality(getattr(rtc.VideoQuality, f"VIDEO_QUALITY_{quality}"))

    async def octets_per_packet(self, of, source):
        """How long the packets of a microphone are that came, without their headers."""
        stats = await self._publication(of, source).track.get_stats()
        inbound = [one.inbound_rtp for one in stats if one.HasField("inbound_rtp")]
        octets = sum(one.inbound.bytes_received for one in inbound)
        return octets / max(sum(one.received.packets_received for one in inbound), 1)

    async def simulate(self, scenario):
        await self.room.simulate_scenario(getattr(rtc.SimulateScenarioKind, f"SIMULATE_{scenario}"))

    async def state(self):
        people = {
            identity: {
                "name": p.name,
                "metadata": p.metadata,
                "attributes": dict(p.attributes),
                "tracks": {source_name(t.source): {"sid": t.sid, "muted": t.muted} for t in p.track_publications.values()},
            }
            for identity, p in self.room.remote_participants.items()
        }
        return {
            "sid": self.room.local_participant.sid,
            "connected": self.room.isconnected(),
            "people": people,
            "received": self.received,
            "data": self.data,
            "texts": self.texts,
            "byte_counts": self.byte_counts,
            "finals": self.finals,
            "transcriptions": self.transcriptions,
            "events": self.events,
        }

    def _listen(self):
        self.room.on("track_subscribed", self._take_track)
        self.room.on("data_received", self._take_data)
        self.room.on("transcription_received", lambda segments, *_: self.transcriptions.extend(s.text for s in segments))
        for name in ("disconnected", "reconnecting", "reconnected", "track_unsubscribed", "participant_disconnected"):
            self.room.on(name, lambda *_, name=name: self.events.append(name))
        self.room.register_text_stream_handler("chat", lambda r, _: self._spawn(self._take_text(r)))
        self.room.register_text_stream_handler("lk.transcription", lambda r, _: self._spawn(self._take_caption(r)))
        self.room.register_byte_stream_handler("file", lambda r, _: self._spawn(self._take_bytes(r)))

    async def _take_caption(self, reader):
        text = await reader.read_all()
        about = reader.info.attributes or {}
        if about.get("lk.transcription_final") == "true":
            self.finals.append({"segment": about.get("lk.segment_id", ""), "text": text})

    async def register_echo(self):
        async def echo(invocation):
            return "re:" + invocation.payload

        self.room.local_participant.register_rpc_method("echo", echo)

    def _take_track(self, track, publication, participant):
        self._spawn(self._count(track, f"{participant.identity}/{source_name(publication.source)}"))

    async def _count(self, track, key):
        seen = self.received.setdefault(key, {"frames": 0, "width": 0, "height": 0, "loudest": 0})
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            async for event in rtc.AudioStream(track):
                samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.int32)
                seen["frames"] += 1
                seen["loudest"] = max(seen["loudest"], int(np.abs(samples).max()))
            return
        async for event in rtc.VideoStream(track):
            seen["frames"] += 1
            seen["width"], seen["height"] = event.frame.width, event.frame.height

    def _take_data(self, packet):
        sender = packet.participant.identity if packet.participant else ""
        self.data.append({"text": bytes(packet.data).decode(), "from": sender, "topic": packet.topic or ""})

    async def _take_text(self, reader):
        self.texts.append(await reader.read_all())

    async def _take_bytes(self, reader):
        count = 0
        async for chunk in reader:
            count += len(chunk)
        self.byte_counts.append(count)

    def _publication(self, identity, source):
        tracks = self.room.remote_participants[identity].track_publications.values()
        return next(t for t in tracks if source_name(t.source) == source)

    def _spawn(self, work):
        task = asyncio.ensure_future(work)
        self.tasks.append(task)
        return task


def source_name(source):
    return rtc.TrackSource.Name(source).removeprefix("SOURCE_").lower().replace("screenshare", "screen_share")


async def send_tone(source):
    """A steady tone, paced by the source's own queue."""
    phase = np.arange(AUDIO_FRAME_SAMPLES) * (2 * np.pi * TONE_HZ / SAMPLE_RATE_HZ)
    step = AUDIO_FRAME_SAMPLES * 2 * np.pi * TONE_HZ / SAMPLE_RATE_HZ
    while True:
        samples = (np.sin(phase) * 12_000).astype(np.int16)
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE_HZ, 1, AUDIO_FRAME_SAMPLES))
        phase = (phase + step) % (2 * np.pi)


async def send_recording(source, rate, samples):
    """A recording over and over, with a pause after each so that its last line can end."""
    frame_samples = rate // 100
    pause = bytes(2 * rate * 2)
    while True:
        for sound in (samples, pause):
            for at in range(0, len(sound) - 2 * frame_samples + 1, 2 * frame_samples):
                frame = sound[at : at + 2 * frame_samples]
                await source.capture_frame(rtc.AudioFrame(frame, rate, 1, frame_samples))


async def send_picture(source, width, height, fps=10):
    """A grey ramp that wanders, so that every frame differs."""
    ramp = np.arange(width, dtype=np.int32)
    count = 0
    while True:
        grey = ((ramp + count * 3) % 256).astype(np.uint8)
        frame = np.empty((height, width, 4), dtype=np.uint8)
        frame[:, :, :3] = grey[None, :, None]
        frame[:, :, 3] = 255
        source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, frame.tobytes()))
        count += 1
        await asyncio.sleep(1 / fps)


async def serve():
    peer = Peer()
    reader = asyncio.StreamReader(limit=2**22)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        try:
            result = await getattr(peer, request["command"])(**request["args"])
            answer = {"id": request["id"], "result": result}
        except Exception as error:  # the row that asked decides what a failure means
            answer = {"id": request["id"], "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
