import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from checkpoints.avatars import drawing
from checkpoints.avatars.drawing import CLOTH, FRECKLED, HAIR, OTHER, SKIN, draw, placement
from checkpoints.avatars.faces import Pose, face

STRAIGHT = Pose(angle=0.0, shift_x=0.0, shift_y=0.0, scale=1.0, mirrored=False)


@pytest.fixture(scope="module")
def plain():
    """A face that looks straight at us: bob, round glasses, hoodie, freckles."""
    return replace(
        face(0, 0),
        hair="BOB",
        beard="NONE",
        glasses="ROUND",
        clothes="HOODIE",
        freckles=True,
        pose=STRAIGHT,
    )


@pytest.fixture(scope="module")
def drawn(plain):
    return draw(plain)


def test_the_same_face_is_the_same_picture(plain, drawn):
    pixels, regions = draw(plain)
    assert np.array_equal(pixels, drawn[0])
    assert np.array_equal(regions, drawn[1])


def test_a_picture_has_128_pixels_a_side(drawn):
    pixels, regions = drawn
    assert pixels.shape == (128, 128, 3) and pixels.dtype == np.uint8
    assert regions.shape == (128, 128) and regions.dtype == np.uint8


@pytest.mark.parametrize("region, colour", [(HAIR, "hair"), (SKIN, "skin"), (CLOTH, "cloth")])
def test_most_pixels_of_a_region_have_its_colour(plain, drawn, region, colour):
    pixels, regions = drawn
    expected = np.array(getattr(plain, f"{colour}_colour")()) * 255
    assert (regions == region).sum() > 200
    assert abs(np.median(pixels[regions == region], axis=0) - expected).max() <= 1


def test_the_background_belongs_to_no_region(plain, drawn):
    pixels, regions = drawn
    expected = np.array(plain.background_colour()) * 255
    assert abs(pixels[0, 0] - expected).max() <= 1
    assert regions[0, 0] == OTHER


def test_only_a_freckled_face_has_a_freckled_middle(plain, drawn):
    without = draw(replace(plain, freckles=False))[1]
    assert (drawn[1] == FRECKLED).sum() > 200
    assert not (without == FRECKLED).any()
    assert np.array_equal(without == SKIN, (drawn[1] == SKIN) | (drawn[1] == FRECKLED))


def test_a_bald_face_without_beard_has_no_hair(plain):
    assert not (draw(replace(plain, hair="NONE"))[1] == HAIR).any()


def test_a_mirrored_picture_is_the_mirror_of_the_picture(plain, drawn):
    mirrored = draw(replace(plain, pose=replace(STRAIGHT, mirrored=True)))[0]
    difference = abs(mirrored[:, ::-1].astype(int) - drawn[0])
    assert difference.max() < 10  # along edges, which fall between pixels
    assert difference.mean() < 0.1


def test_a_shift_of_an_eighth_moves_the_head_by_16_pixels(plain, drawn):
    moved = draw(replace(plain, pose=replace(STRAIGHT, shift_x=0.125)))[1]
    assert (moved[:100, 16:] == drawn[1][:100, :-16]).mean() > 0.999


def test_a_head_turns_about_its_centre():
    matrix = placement(replace(STRAIGHT, angle=0.3, scale=1.1))
    assert matrix[:, :2] @ drawing.CENTRE + matrix[:, 2] == pytest.approx(drawing.CENTRE)
    assert math.atan2(matrix[1, 0], matrix[0, 0]) == pytest.approx(0.3)
    assert np.linalg.det(matrix[:, :2]) == pytest.approx(1.1**2)


def test_filled_shapes_look_like_masked_rectangles():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        '<defs><path id="p" d="M0,0 L200,0 L0,200 Z"/></defs>'
        '<mask id="m" fill="white"><use xlink:href="#p"/></mask>'
        f'<g id="x_Hair-Color" mask="url(#m)" fill="{drawing.HAIR_INK}">'
        '<g><rect width="264" height="280"/></g></g></svg>'
    )
    root = ElementTree.fromstring(svg)
    before = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    drawing.fill_shapes(root)
    after = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    red = ((1.0, 0.0, 0.0),) * 3
    pictures = [
        drawing.rasterise(body, placement(STRAIGHT), red, (0.0, 0.0, 0.0), 32)
        for body in (before, after)
    ]
    assert "<ns0:rect" not in after
    assert pictures[0].any()
    assert abs(pictures[0].astype(int) - pictures[1]).max() <= 2
