"""Links: a recipe as the query of an address, own directions as its fragment.

`r` has had two forms, and both are read for ever. 1: base64url of the JSON of what differs from
the defaults. 2: '2.' and the same JSON `packed`. The page's JavaScript writes them; what is
written here is what the tests hold it to. The fragment, which no browser sends to a server,
holds `v`, the own directions (see `carried`).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from explorer.carried import from_text, to_text
from explorer.directions.direction import Direction
from explorer.errors import RecipeError
from explorer.packing import from_base64, packed, unpacked
from explorer.recipe import MAX_BYTES, Recipe, parse

VERSION: Final = "2"
MOST_QUERY = 2000  # characters of '?r=...', which browsers, servers and chats all keep whole
MOST_FRAGMENT = 17_000  # of '#v=...'
LONGEST = 4 << 20  # characters of a link that is looked at
AGAIN = "Copy it again, whole."


@dataclass(frozen=True)
class Shared:
    """What a link or a picture carries: a recipe, and own directions that it uses."""

    recipe: Recipe
    directions: tuple[Direction, ...] = ()


def link_of(recipe: Recipe, own: Sequence[Direction] = ()) -> str:
    """'?r=...', with '#v=...' where the recipe uses `own` directions; goes behind an address.

    How directions were found stays out. Where they would be too long, so do their gauges, and the
    boundaries, which are measured by them: the picture is the same.

    Raises:
        RecipeError: It would be too long.
    """
    query = f"?r={text_of(recipe)}"
    if len(query) > MOST_QUERY:
        raise _too_long(len(query), MOST_QUERY)
    used = {edit.direction for edit in recipe.edits}
    own = [one for one in own if one.key in used]
    if not own:
        return query
    fragment = f"#v={to_text(own, origins=False)}"
    if len(fragment) > MOST_FRAGMENT:
        plain = [_without_gauge(one) for one in own]
        fragment = f"#v={to_text(plain, origins=False)}"
    if len(fragment) > MOST_FRAGMENT:
        raise _too_long(len(fragment), MOST_FRAGMENT)
    return query + fragment


def text_of(recipe: Recipe) -> str:
    """`r`, however long."""
    changes = _difference(recipe.model_dump(mode="json"), Recipe().model_dump(mode="json"))
    text = json.dumps({"version": recipe.version, **changes}, separators=(",", ":"))
    return f"{VERSION}.{packed(text.encode())}"


def recipe_of_link(link: str) -> Recipe:
    """The recipe in a link; see `shared_by`."""
    return shared_by(link).recipe


def shared_by(link: str) -> Shared:
    """What a link, or only its part from '?' on, carries. Nothing is fetched.

    Raises:
        RecipeError: There is no recipe in it, or a damaged one.
        DirectionError: The directions in it are damaged.
    """
    if len(link) > LONGEST:
        raise RecipeError("The link is far too long.", fix=AGAIN)
    try:
        parts = urlsplit(link.strip())
        # A recipe too long for a server stands in the fragment of the page's own address.
        found = parse_qs(parts.fragment) | parse_qs(parts.query)
    except ValueError as error:
        raise RecipeError("The link is damaged.", fix=AGAIN) from error
    if "r" not in found:
        raise RecipeError("The link holds no recipe.", fix=AGAIN)
    recipe = _recipe_in(found["r"][0])
    return Shared(recipe, from_text(found["v"][0]) if "v" in found else ())


def _recipe_in(text: str) -> Recipe:
    version, dot, body = text.partition(".")
    if dot and re.fullmatch(r"[1-9]\d{0,3}", version) and int(version) > int(VERSION):
        raise RecipeError("The link was made by a newer explorer.", fix="Update this one.")
    if dot and version != VERSION:
        raise RecipeError("The link is damaged.", fix=AGAIN)
    data = unpacked(body, MAX_BYTES) if dot else from_base64(text)
    try:
        changes = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise RecipeError("The link is damaged: it holds no recipe.", fix=AGAIN) from error
    if not isinstance(changes, dict):
        raise RecipeError("The link is damaged: it holds no recipe.", fix=AGAIN)
    return parse(_overlay(Recipe().model_dump(mode="json"), changes))


def _difference(values: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """What of `values` differs from `usual`, nested parts too."""
    changed = {}
    for name, value in values.items():
        if value == usual.get(name):
            continue
        nested = isinstance(value, dict) and isinstance(usual.get(name), dict)
        changed[name] = _difference(value, usual[name]) if nested else value
    return changed


def _overlay(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` laid over `base`, nested parts too; only parts that `base` has are looked into."""
    result = dict(base)
    for name, value in changes.items():
        inner = base.get(name)
        nested = isinstance(value, dict) and isinstance(inner, dict)
        result[name] = _overlay(inner, value) if nested else value  # type: ignore[arg-type]
    return result


def _without_gauge(one: Direction) -> Direction:
    return one if one.gauge is None else Direction(one.name, one.step, None, one.layers)


def _too_long(length: int, most: int) -> RecipeError:
    return RecipeError(
        f"The link would be {length:,} characters long, {most:,} are kept whole everywhere.",
        fix="Save the picture as PNG instead: it carries everything.",
    )
