"""A model that is too slow for the hand is previewed while a slider is dragged."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.serving import serving
from explorer.formats import save
from tests.e2e.conftest import visiting
from tests.networks.builders import tiny_generator

NOTED = """
window.noted = [];
new MutationObserver(() => {
  const status = document.querySelector('#live .status');
  const image = document.querySelector('#live img');
  const { x, y, width, height } = image.getBoundingClientRect();
  window.noted.push([status.textContent, status.title, image.naturalWidth, image.naturalHeight,
    [x, y, width, height].join()]);
}).observe(document.querySelector('#live .status'), { childList: true });
"""
PREVIEW = r"128 × 128 preview · CPU · float32 · \d+ ms · \d+ frames/s( · JPEG quality \d+)?"
FULL = r"512 × 512 · CPU · float32 · \d+ ms · full quality"


@pytest.fixture(scope="module")
def slow(browser, tmp_path_factory):
    """A page that has a millisecond for a picture of 512 pixels."""
    folder = tmp_path_factory.mktemp("previews")
    save(tiny_generator(channels=(8,) * 8), folder / "large.safetensors")
    arguments = ["--checkpoint", str(folder), "--preview-ms", "1", "--precision", "float32"]
    own = {"GRADIO_TEMP_DIR": str(folder / "gradio")}  # a server that ends deletes its pictures
    with serving(folder / "log", arguments, more=own) as served:
        yield served
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def page(slow, contexts):
    with visiting(contexts, slow.url) as enter:
        yield enter().open()


def dragged(visit):
    """[status, hint, width, height, place] of what was shown while psi was dragged, and then."""
    visit.page.evaluate(NOTED)
    visit.drag("psi", 0.4, 0.2, 0.6, frames=4)
    return visit.page.evaluate("window.noted")


def test_previews_follow_the_hand_and_the_full_picture_comes_at_rest(page):
    *moving, last = dragged(page)
    assert re.fullmatch(FULL, last[0])
    assert last[2:4] == [512, 512]
    assert "The full picture, as it is saved" in last[1]
    previews = [seen for seen in moving if "preview" in seen[0]]
    assert len(previews) >= 2
    for status, hint, width, height, _ in previews:
        assert re.fullmatch(PREVIEW, status)
        assert (width, height) == (128, 128)
        assert "follows when you stop" in hint
    assert page.recipe.psi == pytest.approx(float(page.range("psi").input_value()))


@pytest.mark.parametrize("true_pixels", [False, True])
def test_nothing_jumps_when_a_preview_takes_the_place_of_a_full_picture(page, true_pixels):
    if true_pixels:
        page.page.get_by_role("button", name="true pixels").click()
    before = page.place("#live img")
    seen = dragged(page)
    assert {width for _, _, width, _, _ in seen} == {128, 512}
    assert len({place for *_, place in seen}) == 1
    assert page.place("#live img") == before


def test_the_status_line_of_the_first_picture_is_that_of_a_full_one(page):
    expect(page.status).to_have_text(re.compile(FULL))
