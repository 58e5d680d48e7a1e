"""Lists the participants of a room with livekit-api, which speaks protobuf."""

import asyncio
import sys

from livekit import api


async def main(url, key, secret, room):
    async with api.LiveKitAPI(url, key, secret) as client:
        rooms = await client.room.list_rooms(api.ListRoomsRequest(names=[room]))
        assert [r.name for r in rooms.rooms] == [room], rooms
        people = await client.room.list_participants(api.ListParticipantsRequest(room=room))
        print(",".join(sorted(p.identity for p in people.participants)))


asyncio.run(main(*sys.argv[1:]))
