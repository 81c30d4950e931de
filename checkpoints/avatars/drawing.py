"""Drawing a face: SVG parts put together, coloured, posed and rasterised.

The parts are python_avatars' (MIT), the rasteriser is resvg. Deterministic: the stochastic detail
is `detail`'s, which needs to know where hair, skin and cloth are seen; that is drawn here too.
"""

import io
import math
from xml.etree import ElementTree

import numpy as np
import python_avatars as parts
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from checkpoints.avatars.faces import Colour, Face, Pose, face

Pixels = NDArray[np.uint8]  # [H, W, 3], RGB
Regions = NDArray[np.uint8]  # [H, W], of the values below
Labelled = tuple[Pixels, Regions, list[float]]  # with the attributes, in their order

OTHER, HAIR, SKIN, CLOTH, FRECKLED = range(5)

SIZE = 128  # pixels
CROP = (32.0, 20.0, 200.0)  # x, y and width of the picture in the drawing's 264 x 280 units
CENTRE = (132.0, 120.0)  # what the head turns about
# The middle of the face, where freckles may be: an ellipse around the nose, in the same units.
MIDDLE, MIDDLE_RADII = (132.0, 130.0), (48.0, 26.0)

# Colours that no part has, to be replaced by this face's, and by those that tell regions apart.
HAIR_INK, SKIN_INK, CLOTH_INK = "ink-hair", "ink-skin", "ink-cloth"
INKED_PARTS = ("Hair-Color", "Skin-Color", "Fabric-Color")
SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"


def draw_labelled(index: int, seed: int) -> Labelled:
    """Draw the `index`-th face of `seed`; here, so that a process that draws needs no torch."""
    described = face(seed, index)
    return *draw(described), list(described.attributes().values())


def draw(face: Face) -> tuple[Pixels, Regions]:
    """The picture of `face`, [128, 128, 3], and what each pixel of it shows, [128, 128]."""
    body = assemble(face)
    matrix = placement(face.pose)
    # Twice the size, then Lanczos: edges come out cleaner than resvg's own smoothing.
    colours = (face.hair_colour(), face.skin_colour(), face.cloth_colour())
    large = rasterise(body, matrix, colours, face.background_colour(), 2 * SIZE)
    picture = Image.fromarray(large).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    primaries = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    regions = regions_of(rasterise(body, matrix, primaries, (0.0, 0.0, 0.0), SIZE))
    if face.freckles:
        regions[(regions == SKIN) & in_the_middle(matrix)] = FRECKLED
    return np.asarray(picture), regions


def assemble(face: Face) -> str:
    """The drawing of `face` as SVG elements in place-holder inks, without the `<svg>` around."""
    avatar = parts.Avatar(
        style=parts.AvatarStyle.TRANSPARENT,
        top=parts.HairType[face.hair],
        mouth=parts.MouthType[face.mouth],
        eyes=parts.EyeType[face.eyes],
        eyebrows=parts.EyebrowType[face.brows],
        facial_hair=parts.FacialHairType[face.beard],
        accessory=parts.AccessoryType[face.glasses],
        clothing=parts.ClothingType[face.clothes],
        hair_color=HAIR_INK,
        facial_hair_color=HAIR_INK,
        skin_color=SKIN_INK,
        clothing_color=CLOTH_INK,
    )
    root = ElementTree.fromstring(avatar.render())
    fill_shapes(root)
    return "".join(ElementTree.tostring(child, encoding="unicode") for child in root)


def fill_shapes(root: ElementTree.Element) -> None:
    """Fill shapes with their ink directly, where the parts lay a rectangle under a mask.

    It looks the same and is drawn four times faster: every mask is a picture of its own.
    """
    shapes = {
        mask.get("id"): use.get(LINK, "")
        for mask in root.iter(f"{SVG}mask")
        for use in mask.iter(f"{SVG}use")
    }
    for group in root.iter(f"{SVG}g"):
        mask = group.get("mask", "").removeprefix("url(#").removesuffix(")")
        leaves = {leaf.tag for leaf in group.iter() if leaf.tag != f"{SVG}g"}
        inked = group.get("id", "").endswith(INKED_PARTS)
        if inked and mask in shapes and leaves == {f"{SVG}rect"}:
            group[:] = [ElementTree.Element(f"{SVG}use", {LINK: shapes[mask]})]
            del group.attrib["mask"]


def placement(pose: Pose) -> NDArray[np.float64]:
    """The affine map [2, 3] from the drawing's units to those of the posed picture."""
    x, y = CENTRE
    cosine, sine = pose.scale * math.cos(pose.angle), pose.scale * math.sin(pose.angle)
    flip = -1.0 if pose.mirrored else 1.0
    linear = np.array([[flip * cosine, -sine], [flip * sine, cosine]])
    shift = np.array([pose.shift_x, pose.shift_y]) * CROP[2]
    return np.column_stack([linear, CENTRE + shift - linear @ (x, y)])


def rasterise(
    body: str,
    matrix: NDArray[np.float64],
    colours: tuple[Colour, Colour, Colour],
    background: Colour,
    size: int,
) -> Pixels:
    """Draw `body` with colours for hair, skin and cloth: [size, size, 3]."""
    for ink, colour in zip((HAIR_INK, SKIN_INK, CLOTH_INK), colours, strict=True):
        body = body.replace(ink, hexadecimal(colour))
    x, y, width = CROP
    place = " ".join(f"{value:.6f}" for value in matrix.T.ravel())
    png = resvg_py.svg_to_bytes(
        svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{x} {y} {width} {width}">'
        f'<g transform="matrix({place})">{body}</g></svg>',
        background=hexadecimal(background),
        skip_system_fonts=True,
        width=size,
        height=size,
    )
    return np.array(Image.open(io.BytesIO(bytes(png))).convert("RGB"))


def hexadecimal(colour: Colour) -> str:
    """RGB of 0 to 1 as SVG writes it.

    >>> hexadecimal((1.0, 0.5, 0.0))
    '#ff8000'
    """
    return "#" + "".join(f"{round(255 * value):02x}" for value in colour)


def regions_of(pixels: Pixels) -> Regions:
    """What is seen where, of a drawing with pure red hair, green skin and blue cloth.

    A pixel belongs to a region when its primary leads the others by 60 %: shadows and highlights
    still do, the tongue (the reddest part there is, 57 %) and blurred edges do not.
    """
    levels = np.sort(pixels, axis=2)
    clear = levels[:, :, 2].astype(int) - levels[:, :, 1] > 0.6 * 255
    return np.where(clear, pixels.argmax(axis=2) + HAIR, OTHER).astype(np.uint8)


def in_the_middle(matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pixels [128, 128] lie in the middle of the face that `matrix` placed."""
    x, y, width = CROP
    steps = (np.arange(SIZE) + 0.5) * width / SIZE
    points = np.stack(np.meshgrid(x + steps, y + steps))  # [2, H, W]
    places = np.linalg.solve(matrix[:, :2], points.reshape(2, -1) - matrix[:, 2:])
    inside = ((places.T - MIDDLE) / MIDDLE_RADII) ** 2
    return (inside.sum(axis=1) < 1.0).reshape(SIZE, SIZE)
