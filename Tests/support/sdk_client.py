"""LiveKit's own client for Python, with media: joins a room, and prints a line of JSON for each thing that happens.

python sdk_client.py URL TOKEN     ends when it is out of the room for good, or with its standard input

It runs by the Python of .build-venv-livekit, and imports nothing else of ours.
"""

import asyncio
import json
import sys

from livekit import rtc


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


async def run(url, token):
    room, over = rtc.Room(), asyncio.Event()

    @room.on("disconnected")
    def _(reason):
        say("disconnected", reason=rtc.DisconnectReason.Name(reason))
        over.set()

    room.on("reconnecting", lambda: say("reconnecting"))
    room.on("reconnected", lambda: say("reconnected"))
    try:
        await room.connect(url, token)
    except rtc.ConnectError as error:
        say("refused", text=str(error))
        return
    say("connected", identity=room.local_participant.identity)
    loop = asyncio.get_running_loop()
    reading = loop.run_in_executor(None, sys.stdin.read)
    await asyncio.wait([reading, asyncio.ensure_future(over.wait())], return_when=asyncio.FIRST_COMPLETED)
    if not over.is_set():
        await room.disconnect()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
