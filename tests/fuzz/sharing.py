"""`python -m tests.fuzz.sharing`: damages links and PNG chunks, and opens what comes out.

Each outcome must be a recipe or an ExplorerError of one line.
"""

import argparse
import json
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explorer.directions.direction import Direction, step_of
from explorer.errors import ExplorerError
from explorer.keepsakes import keepsake, shared_in
from explorer.links import Shared, link_of, shared_by
from explorer.packing import from_base64, packed, to_base64, unpacked
from explorer.recipe import Edit, Recipe
from tests.fuzz import mutations
from tests.recipes import WORKED

Kind = Literal["recipe", "refusal", "find"]
SIGNATURE = 8  # bytes


@dataclass(frozen=True)
class Outcome:
    """How opening something ended; `what` went wrong with a find."""

    kind: Kind
    what: str = ""


def sample() -> tuple[Recipe, list[Direction]]:
    """A recipe with something in every part, and the own directions of its edits."""
    rng = np.random.default_rng(0)
    own = [Direction(f"own {n}", step_of("w", rng.standard_normal(6)), 0.5) for n in range(3)]
    edits = tuple(Edit(direction=one.key, shift=1.5, layers=(0, 2)) for one in own)
    return WORKED.model_copy(update={"edits": edits}), own


def attempt(opened: Callable[[Any], Shared], value: object) -> Outcome:
    """A recipe, a refusal in one sentence, or what should never be."""
    try:
        opened(value)
    except ExplorerError as error:
        text = str(error)
        is_sentence = text.endswith(".") and "\n" not in text and len(text) < 500
        return Outcome("refusal") if is_sentence else Outcome("find", text)
    except Exception as error:  # whatever it is: that is what is looked for
        return Outcome("find", f"{type(error).__name__}: {error}")
    return Outcome("recipe")


def damaged(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged copies of `data`."""
    copies: list[bytes] = []
    mutations.run(data, seed, count, copies.append)
    yield from copies


def damaged_links(count: int, seed: int) -> Iterator[Outcome]:
    """Damages of the text of a link, and of what is packed inside it, in turn."""
    recipe, own = sample()
    link = link_of(recipe, own)
    query, _, fragment = link.partition("#v=1.")
    inner, vectors = unpacked(query[len("?r=2.") :], 1 << 16), unpacked(fragment, 1 << 20)
    for data in damaged(link.encode(), count // 4, seed):
        yield attempt(shared_by, data.decode("latin-1"))
    for data in damaged(inner, count // 4, seed + 1):
        yield attempt(shared_by, f"?r=2.{packed(data)}")
    for data in damaged(vectors, count // 4, seed + 2):
        yield attempt(shared_by, f"{query}#v=1.{packed(data)}")
    stream = from_base64(fragment)
    for data in damaged(stream, count - 3 * (count // 4), seed + 3):
        yield attempt(shared_by, f"{query}#v=1.{to_base64(data)}")


def damaged_pictures(count: int, seed: int) -> Iterator[Outcome]:
    """Damages of a PNG, and of what is in its chunks of text, which then have right checksums."""
    recipe, own = sample()
    data = keepsake(np.zeros((4, 4, 3), np.uint8), recipe, (), own)
    for broken in damaged(data, count // 2, seed):
        yield attempt(shared_in, broken)
    chunks = list(chunks_of(data))
    texts = [index for index, (kind, _) in enumerate(chunks) if kind == b"iTXt"]
    for number, index in enumerate(texts):
        share = (count - count // 2) // len(texts)
        for body in damaged(chunks[index][1], share, seed + 1 + number):
            whole = png_of([*chunks[:index], (b"iTXt", body), *chunks[index + 1 :]])
            yield attempt(shared_in, whole)


def chunks_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of each chunk of a PNG."""
    at = SIGNATURE
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """The PNG of these chunks."""
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def main() -> int:
    """Run, and print one JSON line: 0 without a find, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.sharing", description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    totals = {}
    finds = set()
    for name, damages in (("links", damaged_links), ("pictures", damaged_pictures)):
        outcomes = list(damages(options.mutations, options.seed))
        kinds = [one.kind for one in outcomes]
        totals[name] = {kind: kinds.count(kind) for kind in ("recipe", "refusal", "find")}
        finds |= {one.what for one in outcomes if one.kind == "find"}
    print(json.dumps(totals))
    print("\n".join(sorted(finds)), end="", file=sys.stderr)
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
