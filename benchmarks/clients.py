"""Visitors who drag psi, in a process of their own, speaking the page's protocol.

    python -m benchmarks.clients URL [--visitors 10] [--seconds 20] [--keep 24]

Prints `dragging` when the first input goes out, and at the end one JSON line: a `Tally` for each
visitor. The rules of a visitor are those of explorer/ui/js/pump.js: the newest recipe wins, three
requests in flight, a busy server is asked again after 100 ms, and only a later picture than the
one on show is shown. The clients share the machine with the server that they measure, hence plain
HTTP over sockets: a full HTTP library would take several times the processor time of a request.
"""

import argparse
import asyncio
import json
import random
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

INPUTS = 60  # a second
DEPTH = 3  # requests in flight at the most; js/pump.js has the same rule
CROWD = 3  # visitors waiting, from which on it is one
PAUSE = 0.1  # seconds before a busy or silent server is asked again
LONGEST_PAUSE = 3.0  # seconds
REPLY_WITHIN = 30.0  # seconds
REST_WITHIN = 10.0  # seconds after the last input
PSI = (-1.0, 2.0)
PSI_STEP = 0.010037  # does not divide the range: a swing repeats no picture of an earlier one
TOLD = 5  # errors of a visitor that are kept in words

Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """Where draw() is asked for, and what a visitor starts from.

    Args:
        component: Gradio's number of the live view.
        recipe: The first recipe of the server's default model.
    """

    host: str
    port: int
    path: str
    component: int
    recipe: Json


@dataclass(frozen=True)
class Input:
    """One move of the hand: its number, its recipe, the body of its request."""

    seq: int
    recipe: Json
    body: bytes


@dataclass
class Tally:
    """What one visitor saw.

    Args:
        frames: Pictures shown while dragging.
        stale: Pictures that arrived after a later one, and were not shown.
        errors: Problems, failed requests, and a last value whose picture never came.
        told: The first of them, in words.
        pictures: Replies with a picture, also after the drag.
        kept: A random sample of them: what was asked, and the reply.
    """

    frames: int = 0
    stale: int = 0
    dropped: int = 0
    busy: int = 0
    errors: int = 0
    told: list[str] = field(default_factory=list)
    pictures: int = 0
    kept: list[tuple[Json, Json]] = field(default_factory=list)


class Connection:
    """One HTTP/1.1 connection, kept open as a browser keeps its own."""

    def __init__(self, host: str, port: int):
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> Json:
        """Send JSON, return the JSON object that answers.

        Raises:
            OSError, EOFError: The server was not reached, or hung up.
            ValueError: The answer is none, or another status than 200.
        """
        if self._streams is None or self._streams[0].at_eof():
            await self.close()
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rest)}
        data = await reader.readexactly(int(headers["content-length"]))
        if first.split()[1] != "200":
            raise ValueError(f"{first}: {data[:200]!r}")
        reply = json.loads(data)
        if not isinstance(reply, dict):
            raise ValueError(f"The reply is no object: {data[:200]!r}")
        return reply

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Visitor:
    """One page whose psi is dragged up and down.

    Args:
        number: Which visitor; he looks at a seed of his own.
        keep: Replies to keep for a later comparison.
    """

    def __init__(self, target: Target, number: int, keep: int):
        self.tally = Tally()
        self._target = target
        self._number = number
        self._keep = keep
        self._name = secrets.token_hex(16)
        self._session = secrets.token_hex(6)
        self._chance = random.Random(number)
        self._idle = [Connection(target.host, target.port) for _ in range(DEPTH)]
        self._flying: set[asyncio.Task[None]] = set()
        self._wanted: Input | None = None
        self._newest: Input | None = None
        self._shown = 0
        self._dragging = True
        self._pause = PAUSE
        self._depth = DEPTH

    async def drag(self, seconds: float) -> None:
        """Move 60 times a second for `seconds`, then wait for the picture of the last value."""
        started = time.monotonic()
        for step in range(1, int(seconds * INPUTS) + 1):
            await asyncio.sleep(max(0.0, started + step / INPUTS - time.monotonic()))
            self._wanted = self._newest = self._input(step)
            self._pump()
        await asyncio.sleep(max(0.0, started + seconds - time.monotonic()))
        self._dragging = False
        await self._rest()

    async def _rest(self) -> None:
        patience = time.monotonic() + REST_WITHIN
        while self._flying and time.monotonic() < patience:
            await asyncio.wait(self._flying, timeout=0.1)
        for flight in self._flying:
            flight.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)
        if self._newest is not None and self._shown != self._newest.seq:
            self._error(f"The last value is {self._newest.seq}, shown is {self._shown}.")
        for connection in self._idle:
            await connection.close()

    def _input(self, step: int) -> Input:
        low, high = PSI
        place = (step * PSI_STEP) % (2 * (high - low))
        psi = round(low + min(place, 2 * (high - low) - place), 6)
        seed = {"x": 100.0 + self._number, "y": 0.0}
        recipe = {**self._target.recipe, "a": seed, "psi": psi}
        request = {
            "data": {"visitor": self._name, "seq": step, "recipe": recipe},
            "component_id": self._target.component,
            "fn_name": "draw",
            "session_hash": self._session,
        }
        return Input(step, recipe, json.dumps(request, separators=(",", ":")).encode())

    def _pump(self) -> None:
        while self._wanted is not None and len(self._flying) < self._depth:
            flight = asyncio.create_task(self._fly(self._wanted))
            self._wanted = None
            self._flying.add(flight)
            flight.add_done_callback(self._landed)

    def _landed(self, flight: "asyncio.Task[None]") -> None:
        self._flying.discard(flight)
        if not flight.cancelled():
            self._pump()

    async def _fly(self, asked: Input) -> None:
        connection = self._idle.pop()
        try:
            post = connection.post(self._target.path, asked.body)
            reply = await asyncio.wait_for(post, REPLY_WITHIN)
        except (OSError, EOFError, LookupError, ValueError, asyncio.TimeoutError) as error:
            self._error(f"{type(error).__name__}: {error}")
            await connection.close()
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            await self._again(asked, self._pause)
        else:
            self._pause = PAUSE
            await self._take(asked, reply)
        finally:
            self._idle.append(connection)

    async def _take(self, asked: Input, reply: Json) -> None:
        self._depth = 1 if reply.get("waiting", 0) >= CROWD else DEPTH
        if "image" in reply:
            self._show(asked, reply)
        elif "dropped" in reply:
            self.tally.dropped += 1
            await self._again(asked, 0)
        elif "busy" in reply:
            self.tally.busy += 1
            await self._again(asked, PAUSE)
        else:
            self._error(str(reply))

    async def _again(self, asked: Input, seconds: float) -> None:
        """Ask again after a pause, unless the hand has moved on."""
        await asyncio.sleep(seconds)
        if asked is self._newest:
            self._wanted = asked

    def _show(self, asked: Input, reply: Json) -> None:
        tally = self.tally
        if asked.seq > self._shown:
            self._shown = asked.seq
            tally.frames += self._dragging
        else:
            tally.stale += 1
        tally.pictures += 1
        place = self._chance.randrange(tally.pictures)  # every picture is kept equally likely
        if len(tally.kept) < self._keep:
            tally.kept.append((asked.recipe, reply))
        elif place < self._keep:
            tally.kept[place] = (asked.recipe, reply)

    def _error(self, text: str) -> None:
        self.tally.errors += 1
        if len(self.tally.told) < TOLD:
            self.tally.told.append(text[:300])


def target_of(url: str) -> Target:
    """What a page learns of its server before the first move."""
    config = httpx.get(f"{url}/config", timeout=REPLY_WITHIN).raise_for_status().json()
    live = next(one for one in config["components"] if one["props"].get("elem_id") == "live")
    place = urlsplit(url)
    return Target(
        host=place.hostname or "127.0.0.1",
        port=place.port or 80,
        path=f"{place.path}{config['api_prefix']}/component_server/",
        component=live["id"],
        recipe=live["props"]["props"]["model"]["first_recipe"],
    )


async def drag_all(visitors: list[Visitor], seconds: float) -> None:
    """Let all of them drag at once."""
    await asyncio.gather(*(visitor.drag(seconds) for visitor in visitors))


def main() -> None:
    """Drag and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--keep", type=int, default=24, help="replies of each that are printed")
    options = parser.parse_args()
    target = target_of(options.url)
    visitors = [Visitor(target, number, options.keep) for number in range(options.visitors)]
    print("dragging", flush=True)
    asyncio.run(drag_all(visitors, options.seconds))
    print(json.dumps([asdict(visitor.tally) for visitor in visitors]))


if __name__ == "__main__":
    main()
