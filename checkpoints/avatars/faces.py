"""Faces as values: what is true of each cartoon face, drawn at random from a seed.

Knows no SVG and no pixel. A face is decided by (seed, index) alone, so any part of a set can be
made again, in any order and in any process.
"""

import colorsys
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# Parts by their names in python_avatars, with how often each is drawn (weights, not percents).
# Left out: tops that bring a fixed colour or a hat, whose hair colour would then be untrue.
SHORT = (
    *("BUN", "CAESAR", "CAESAR_SIDE_PART", "FRIZZLE", "SHAGGY", "SHORT_CURLY", "SHORT_FLAT"),
    *("SHORT_ROUND", "SHORT_WAVED", "SIDES"),
)
LONG = (  # seen beside the neck
    *("BIG_HAIR", "BOB", "CURLY", "CURVY", "FRO", "LONG_NOT_TOO_LONG", "MIA_WALLACE"),
    *("SHAGGY_MULLET", "STRAIGHT_1", "STRAIGHT_STRAND"),
)
HAIR: Mapping[str, float] = {
    "NONE": 18,
    **dict.fromkeys(SHORT, 3.8),
    **dict.fromkeys(LONG, 4.4),
}
MOUTHS: Mapping[str, float] = {
    **{"SMILE": 4, "BIG_SMILE": 2, "DEFAULT": 2, "TWINKLE": 4},
    **{"SAD": 3, "SERIOUS": 3, "DISBELIEF": 3, "CONCERNED": 3},
}
EYES: Mapping[str, float] = {"DEFAULT": 30, "HAPPY": 30, "SURPRISED": 25, "SQUINT": 15}
BROWS: Mapping[str, float] = {
    **{"DEFAULT": 25, "RAISED_EXCITED": 30, "SAD_CONCERNED": 20},
    **{"FLAT_NATURAL": 15, "ANGRY": 10},
}
BEARDS: Mapping[str, float] = {
    **{"NONE": 52, "BEARD_LIGHT": 12, "BEARD_MEDIUM": 12, "BEARD_MAGESTIC": 12},
    **{"WICK_BEARD": 12},
}
GLASSES: Mapping[str, float] = {
    **{"NONE": 36, "PRESCRIPTION_1": 13, "PRESCRIPTION_2": 13, "ROUND": 13},
    **{"SUNGLASSES": 15, "WAYFARERS": 10},
}
CLOTHES: Mapping[str, float] = {
    **{"HOODIE": 30, "COLLAR_SWEATER": 25, "SHIRT_CREW_NECK": 25, "SHIRT_V_NECK": 20},
}
FRECKLED = 1 / 3  # share of the faces

SMILING = frozenset({"SMILE", "BIG_SMILE", "DEFAULT", "TWINKLE"})  # corners up
OPEN = frozenset({"SMILE", "BIG_SMILE", "DEFAULT", "DISBELIEF", "CONCERNED"})
DARK_LENSES = frozenset({"SUNGLASSES", "WAYFARERS"})

# Dark to light; a tone in [0, 1] is a place between them.
HAIR_COLOURS = (
    *("2C1B18", "4A312C", "724133", "A55728", "C93305", "F59797", "B58143", "D6B370"),
    "ECDCBF",
)
SKIN_COLOURS = ("614335", "AE5D29", "D08B5B", "EDB98A", "FFDBB4")
LIGHT_FROM = 0.62  # the tone of hair between pink and blonde

Colour = tuple[float, float, float]  # RGB, each 0 to 1

BINARY = (
    *("glasses", "sunglasses", "beard", "smile", "open_mouth", "long_hair", "bald", "light_hair"),
    *("light_skin", "happy_eyes", "wide_eyes", "raised_brows", "hoodie", "collar", "freckles"),
    "mirrored",
)
CONTINUOUS = (
    *("hair_tone", "skin_tone", "background_hue", "background_value", "cloth_hue", "cloth_value"),
    *("angle", "shift_x", "shift_y", "scale"),
)
ATTRIBUTES = (*BINARY, *CONTINUOUS)


@dataclass(frozen=True)
class Pose:
    """Where the head is, against the middle of the picture.

    Args:
        angle: Radians, clockwise.
        shift_x, shift_y: In widths of the picture, right and down.
        scale: 1 is the drawing's own size.
        mirrored: Left and right exchanged.
    """

    angle: float
    shift_x: float
    shift_y: float
    scale: float
    mirrored: bool


@dataclass(frozen=True)
class Face:
    """All that is true of one picture, apart from its stochastic detail.

    Parts have python_avatars' names. Tones are 0 (dark) to 1 (light); a colour of background or
    cloth is (hue in turns, saturation, value), each 0 to 1.
    """

    hair: str
    mouth: str
    eyes: str
    brows: str
    beard: str
    glasses: str
    clothes: str
    hair_tone: float
    skin_tone: float
    background: Colour
    cloth: Colour
    freckles: bool
    pose: Pose

    def attributes(self) -> dict[str, float]:
        """The labels, in the order of `ATTRIBUTES`; the binary ones are 0 or 1.

        They say what was asked for, also where something covers it: eyes behind sunglasses,
        brows under a fringe. Light hair is the exception: it needs hair to be seen.
        """
        hairy = self.hair != "NONE" or self.beard != "NONE"
        values = (
            *(self.glasses != "NONE", self.glasses in DARK_LENSES, self.beard != "NONE"),
            *(self.mouth in SMILING, self.mouth in OPEN, self.hair in LONG, self.hair == "NONE"),
            *(hairy and self.hair_tone > LIGHT_FROM, self.skin_tone > 0.5),
            *(self.eyes == "HAPPY", self.eyes == "SURPRISED", self.brows == "RAISED_EXCITED"),
            *(self.clothes == "HOODIE", self.clothes == "COLLAR_SWEATER", self.freckles),
            self.pose.mirrored,
            *(self.hair_tone, self.skin_tone, self.background[0], self.background[2]),
            *(self.cloth[0], self.cloth[2]),
            *(self.pose.angle, self.pose.shift_x, self.pose.shift_y, self.pose.scale),
        )
        return dict(zip(ATTRIBUTES, map(float, values), strict=True))

    def hair_colour(self) -> Colour:
        """RGB of hair and beard."""
        return between(HAIR_COLOURS, self.hair_tone)

    def skin_colour(self) -> Colour:
        """RGB of the skin."""
        return between(SKIN_COLOURS, self.skin_tone)

    def cloth_colour(self) -> Colour:
        """RGB of the clothes."""
        return colorsys.hsv_to_rgb(*self.cloth)

    def background_colour(self) -> Colour:
        """RGB behind the head."""
        return colorsys.hsv_to_rgb(*self.background)


def face(seed: int, index: int) -> Face:
    """The `index`-th face of the set that `seed` stands for."""
    # RandomState, because numpy froze its streams: a seed means the same faces for good.
    random = np.random.RandomState([seed, index])
    return Face(
        hair=pick(random, HAIR),
        mouth=pick(random, MOUTHS),
        eyes=pick(random, EYES),
        brows=pick(random, BROWS),
        beard=pick(random, BEARDS),
        glasses=pick(random, GLASSES),
        clothes=pick(random, CLOTHES),
        hair_tone=random.uniform(),
        skin_tone=random.uniform(),
        background=(random.uniform(), random.uniform(0.12, 0.5), random.uniform(0.7, 0.98)),
        cloth=(random.uniform(), random.uniform(0.3, 1.0), random.uniform(0.4, 0.98)),
        freckles=random.uniform() < FRECKLED,
        pose=Pose(
            angle=math.radians(6.0) * random.standard_normal(),
            shift_x=0.03 * random.standard_normal(),
            shift_y=0.03 * random.standard_normal(),
            scale=1.0 + 0.05 * random.standard_normal(),
            mirrored=random.uniform() < 0.5,
        ),
    )


def pick(random: np.random.RandomState, weights: Mapping[str, float]) -> str:
    """One of the names, as often as its weight says."""
    place = np.searchsorted(
        np.cumsum(list(weights.values())), random.uniform(0.0, sum(weights.values())), "right"
    )
    return list(weights)[min(int(place), len(weights) - 1)]


def between(palette: Sequence[str], tone: float) -> Colour:
    """The colour at `tone`, 0 to 1, along hexadecimal RGB colours.

    >>> between(("000000", "FF0000"), 0.5)
    (0.5, 0.0, 0.0)
    """
    place = tone * (len(palette) - 1)
    first = min(int(place), len(palette) - 2)
    low, high = (bytes.fromhex(text) for text in palette[first : first + 2])
    step = place - first
    red, green, blue = ((a + (b - a) * step) / 255 for a, b in zip(low, high, strict=True))
    return red, green, blue
