"""Films on the page: keyframes, a preview, the film as a file; and strips kept as PNG."""

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from explorer.images import recipe_of

VIDEO = "document.querySelector('.film .result video')"
PLAYS = f"""() => {{
  const film = {VIDEO};
  return film && film.readyState >= 2 && !film.error && film.currentTime > 0.2;
}}"""


class Panel:
    """The panel of films as a person uses it."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page
        visit.open_panel("film")
        self.keys = self.page.locator(".film .keys li")
        self.sum = self.page.locator(".film .sum")
        self.result = self.page.locator(".film .result")
        self.work = self.page.locator(".film .errand .work")

    def press(self, name):
        self.page.locator("#film").get_by_role("button", name=name, exact=True).click()

    def add(self, *seeds):
        for seed in seeds:
            self.visit.settled(lambda seed=seed: self.visit.type_in("seed_a", str(seed)))
            self.press("Add this picture")

    def names(self):
        return self.keys.locator(".show span").all_inner_texts()

    def of(self, *seeds):
        expect(self.keys.locator(".show span")).to_have_text([f"seed {seed}" for seed in seeds])


@pytest.fixture
def panel(visitor):
    """In a tab of its own: keyframes last as long as a tab."""
    return Panel(visitor().open())


def test_without_keyframes_the_panel_says_what_to_do(panel):
    expect(panel.visit.title("film")).to_contain_text("Film · no keyframes")
    expect(panel.page.locator(".film .empty")).to_contain_text("two make a film")
    for name in ("Preview", "Make the film"):
        button = panel.page.locator("#film").get_by_role("button", name=name)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", "Add two pictures first")
    panel.add(5)
    expect(panel.sum).to_have_text("One more picture makes a film.")


def test_pictures_become_keyframes_that_can_be_shown_moved_and_removed(panel):
    panel.add(5, 9, 20)
    panel.of(5, 9, 20)
    expect(panel.visit.title("film")).to_contain_text("Film · 3 keyframes, 4 s")
    expect(panel.keys.locator("img")).to_have_count(3)
    panel.press("Move earlier: keyframe 3, seed 20")
    panel.of(5, 20, 9)
    panel.page.keyboard.press("Enter")  # the keyboard is still on it
    panel.of(20, 5, 9)
    panel.press("Move later: keyframe 1, seed 20")
    panel.press("Remove keyframe 3, seed 9")
    panel.of(5, 20)
    show = panel.page.get_by_title("Show keyframe 1, seed 5")
    assert panel.visit.settled(show.click).a.x == 5
    panel.press("Remove all")
    expect(panel.keys).to_have_count(0)


def test_the_length_follows_seconds_loop_and_frames_a_second(panel):
    panel.add(5, 9, 20)
    expect(panel.sum).to_have_text("4 s, 120 frames")
    panel.page.get_by_label("Seamless loop").check()
    expect(panel.sum).to_have_text("6 s, 180 frames")
    panel.page.locator("#film_seconds").fill("0.5")
    panel.page.locator("#film_fps").select_option("50")
    expect(panel.sum).to_have_text("1.5 s, 75 frames")
    expect(panel.visit.title("film")).to_contain_text("Film · 3 keyframes, 1.5 s")


def test_keyframes_survive_a_reload(panel):
    panel.add(5, 9)
    panel.visit.reload()
    Panel(panel.visit).of(5, 9)


def test_other_parts_of_the_page_can_add_a_keyframe(panel):
    """As the history does, also while the panel is closed."""
    recipe = panel.visit.recipe.model_copy(update={"psi": 0.25}).model_dump(mode="json")
    panel.page.evaluate("recipe => window.explorer.film.add(recipe)", recipe)
    panel.of(13)
    show = panel.page.get_by_title("Show keyframe 1, seed 13")
    assert panel.visit.settled(show.click).psi == 0.25


def test_a_picture_of_another_model_is_no_keyframe_beside_these(panel):
    panel.add(5)
    panel.visit.with_model("sg2_skip_32")
    panel.press("Add this picture")
    panel.visit.says("The keyframes are pictures of avatars")
    panel.of(5)


def test_a_preview_is_drawn_small_and_plays_in_the_page(panel):
    panel.add(5, 9)
    panel.press("Preview")
    expect(panel.result).to_have_attribute("data-kind", "preview")
    expect(panel.result).to_contain_text("Preview: small, 15 frames a second.")
    panel.page.wait_for_function(PLAYS)
    size = panel.page.evaluate(f"[{VIDEO}.videoWidth, {VIDEO}.duration]")
    assert size == [256, pytest.approx(2.0, abs=0.1)]


def test_a_film_of_two_seconds_is_made_plays_and_is_downloaded(panel):
    panel.add(5, 9)
    panel.press("Make the film")
    expect(panel.result).to_have_attribute("data-kind", "film")
    panel.page.wait_for_function(PLAYS)
    with panel.page.expect_download() as download:
        panel.page.get_by_role("button", name="Download MP4").click()
    assert download.value.suggested_filename == "avatars-film.mp4"
    with av.open(str(download.value.path())) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.frames) == (512, 512, 60)
        assert container.duration / 1e6 == pytest.approx(2.0)


@pytest.mark.parametrize("format", ["webp", "gif"])
def test_a_film_may_be_a_picture_that_moves(panel, format):
    panel.add(5, 9)
    panel.page.locator("#film_seconds").fill("0.5")
    panel.page.locator("#film_size").select_option("0")
    panel.page.locator("#film_format").select_option(format)
    panel.press("Make the film")
    picture = panel.result.locator("img")
    expect(picture).to_have_js_property("naturalWidth", 128)
    with panel.page.expect_download() as download:
        panel.page.get_by_role("button", name=f"Download {format.upper()}").click()
    with Image.open(download.value.path()) as film:
        assert (film.format, film.n_frames) == (format.upper(), 15)


@pytest.fixture
def slow(visitor):
    """A page on a model that takes 0.1 s a picture, with two keyframes."""
    panel = Panel(visitor().open().with_model("slow"))
    panel.add(1, 2)
    return panel


def test_a_film_shows_progress_and_leaves_the_picture_live_and_can_be_cancelled(slow):
    slow.page.locator("#film_seconds").fill("20")
    slow.press("Make the film")
    expect(slow.work).to_be_visible()
    expect(slow.work.locator(".left")).to_contain_text("left")
    expect(slow.page.locator("#film").get_by_role("button", name="Preview")).to_be_disabled()
    frames = len(slow.visit.frames_seen)
    slow.visit.range("psi").focus()
    for _ in range(5):
        slow.page.keyboard.press("ArrowRight")
    slow.page.wait_for_function("before => window.frames_seen.length > before", arg=frames)
    expect(slow.work).to_be_visible()
    slow.press("Cancel")
    expect(slow.work).to_have_count(0)
    expect(slow.result.locator("*")).to_have_count(0)
    expect(slow.page.locator("#film").get_by_role("button", name="Make the film")).to_be_enabled()


def test_what_the_server_refuses_is_said_and_the_older_film_stays(panel):
    panel.add(5, 9)
    panel.press("Preview")
    expect(panel.result.locator("video")).to_be_visible()
    panel.page.locator("#film_seconds").fill("60")
    panel.page.get_by_label("Seamless loop").check()
    panel.page.locator("#film_fps").select_option("50")
    panel.press("Make the film")
    panel.visit.says("6,000 frames, the page makes up to 3,600")
    expect(panel.result).to_have_attribute("data-kind", "preview")


@pytest.mark.parametrize(
    ("kind", "pictures", "columns", "rows"),
    [("seeds", 16, 8, 2), ("truncation", 11, 11, 1), ("mixing", 27, 7, 4), ("paths", 27, 10, 3)],
)
def test_strips_and_tables_are_saved_at_full_size_with_labels(visit, kind, pictures, columns, rows):
    visit.study(kind).sheet(kind, pictures)
    keep = visit.page.get_by_role("button", name="Save as PNG")
    with visit.page.expect_download() as download:
        keep.click()
    assert download.value.suggested_filename == f"avatars-{kind}.png"
    data = download.value.path().read_bytes()
    page = np.asarray(Image.open(download.value.path()).convert("RGB"))
    assert page.shape[1] == columns * 128 + (columns - 1) * 2
    assert rows * (128 + 11) < page.shape[0] < rows * (128 + 30)
    assert recipe_of(data) == visit.recipe
    expect(keep).to_be_enabled()


def test_a_sheet_that_is_being_saved_shows_progress_and_can_be_cancelled(slow):
    """While a film is made too, each has its own bar and its own way to stop."""
    slow.visit.study("truncation").sheet("truncation", 11)
    slow.page.locator("#film_seconds").fill("20")
    slow.press("Make the film")
    expect(slow.work).to_be_visible()
    keep = slow.page.get_by_role("button", name="Save as PNG")
    # Its pictures may be remembered: then only a distant server takes a while to hand it over.
    network = slow.page.context.new_cdp_session(slow.page)
    network.send("Network.enable")
    link = {"offline": False, "latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", link)
    keep.click()
    bar = slow.page.get_by_role("group", name="Drawing the sheet")
    expect(bar).to_be_visible()
    expect(keep).to_be_disabled()
    bar.get_by_role("button", name="Cancel").click()
    expect(bar).to_have_count(0)
    expect(keep).to_be_enabled()
    expect(slow.work).to_be_visible()
    slow.press("Cancel")


def test_the_picture_of_noise_is_not_kept_as_a_sheet(visit):
    visit.study("noise").sheet("noise", 2)
    expect(visit.page.get_by_role("button", name="Save as PNG")).to_be_hidden()


def test_recent_pictures_of_the_history_become_keyframes(panel):
    for seed in (7, 8):
        panel.visit.settled(lambda seed=seed: panel.visit.type_in("seed_a", str(seed)))
    panel.press("Add recent pictures")
    expect(panel.keys).to_have_count(3)
    assert panel.names()[1:] == ["seed 7", "seed 8"]
