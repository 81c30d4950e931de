"""What a person does on the page and sees there, so that the tests read like sentences."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, FloatRect, Locator, Page, expect

from explorer.images import recipe_of
from explorer.recipe import Recipe

PATIENCE = 30_000  # ms; the machine may be busy
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
WATCH = """
window.frames_seen = [];
new MutationObserver((changes) => {
  for (const { target } of changes) {
    if (!target.matches?.('#live img')) continue;
    const { seq, frames, recipe } = target.dataset;
    window.frames_seen.push([Number(seq), Number(frames), recipe]);
  }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-frames'] });
"""
PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', text);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
}"""


class Visit:
    """One visitor's tab."""

    def __init__(self, page: Page, url: str):
        self.page = page
        self.url = url
        self.console: list[str] = []  # errors and warnings
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("console", self._note)
        self.image = page.locator("#live img")
        self.options = page.get_by_test_id("dropdown-option")  # of the dropdown that is open
        self.message = page.locator("#live .message")
        self.status = page.locator("#live .status")
        self.cells = page.locator("#study .cell:not(.heading)")
        self.draw = page.locator("#study .draw")

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.console.append(f"{message.text} ({message.location.get('url')})")

    # Coming and going

    def open(self, query: str = "") -> "Visit":
        with self._leaving():
            self.page.goto(self.url + query)
        return self.rest()

    def reload(self) -> "Visit":
        with self._leaving():
            self.page.reload()
        return self.rest()

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        """Gradio reports what was under way on the page that is left as aborted, or as an error."""
        noted = len(self.console)
        yield
        own = ("AbortError", "Unexpected error Connection errored out")
        self.console[noted:] = [line for line in self.console[noted:] if not line.startswith(own)]

    def starts_over(self) -> bool:
        """Bring back the first picture, as a person would; whether that was possible."""
        try:
            self.page.mouse.up()
            self.page.evaluate("window.explorer.say(''); window.frames_seen = []")
            self.open_panel("latent", "truncation")
            self.settled(self.page.locator("#reset").click)
        except (AssertionError, Error):
            return False
        return True

    def rest(self) -> "Visit":
        """Wait for the full-quality picture of the last value."""
        expect(self.image).to_have_attribute("data-rest", "1")
        return self

    def next_rest(self, before: int) -> "Visit":
        """Wait for a picture at rest of a later request than `before`."""
        script = """before => { const { seq, rest } = document.querySelector('#live img').dataset;
                               return rest === '1' && Number(seq) > before; }"""
        self.page.wait_for_function(script, arg=before)
        return self

    def with_model(self, name: str) -> "Visit":
        before = self.seq
        self.page.locator("#model input").click()
        self.page.get_by_role("option", name=name, exact=True).click()
        self.page.wait_for_function(
            "name => document.querySelector('#live img').alt.startsWith(`Picture of ${name},`)",
            arg=name,
        )
        return self.next_rest(before)

    # What is shown

    @property
    def seq(self) -> int:
        return int(self.image.get_attribute("data-seq") or 0)

    @property
    def picture(self) -> bytes:
        """The file behind the picture."""
        source = self.image.get_attribute("src") or ""
        body: bytes = self.page.request.get(source).body()
        return body

    @property
    def recipe(self) -> Recipe:
        """The recipe in the picture at rest."""
        self.rest()
        recipe = recipe_of(self.picture)
        assert self.image.get_attribute("data-recipe") == recipe.key
        return recipe

    @property
    def frames_seen(self) -> list[list[Any]]:
        """[seq, frames, recipe] of every picture shown so far."""
        found: list[list[Any]] = self.page.evaluate("window.frames_seen")
        return found

    def says(self, text: str) -> None:
        """Wait for a sentence about `text`."""
        expect(self.message).to_have_text(sentence_about(text))
        expect(self.message).to_be_visible()

    def title(self, panel: str) -> Locator:
        """The title button of a panel; it says the panel's state."""
        return self.page.locator(f"#panel_{panel} > button.label-wrap")

    # Controls

    def open_panel(self, *panels: str) -> "Visit":
        for panel in panels:
            if "open" not in (self.title(panel).get_attribute("class") or "").split():
                self.title(panel).click()
        return self

    def range(self, name: str) -> Locator:
        return self.page.locator(f"#{name} input[type=range]")

    def box(self, name: str) -> Locator:
        return self.page.locator(f"#{name} input[type=number]")

    def drag(self, name: str, *shares: float, frames: int = 0) -> float:
        """Drag a slider by mouse through `shares` of its width; the value it ends on.

        The hand goes the same way again until it has seen `frames` pictures: a slow machine may
        need as long for one as the hand for the whole way.
        """
        slider, before, seen = self.range(name), self.seq, len(self.frames_seen)
        place = self._grasp(slider, shares[0])
        for _ in range(20):
            for share in shares[1:]:
                x, y = place["x"] + place["width"] * share, place["y"] + place["height"] / 2
                self.page.mouse.move(x, y, steps=8)
            if len(self.frames_seen) - seen >= frames:
                break
        self.page.mouse.up()
        self.next_rest(before)
        return float(slider.input_value())

    def _grasp(self, slider: Locator, share: float) -> FloatRect:
        """Press the mouse on a slider, at `share` of its width; where the slider is."""
        for _ in range(5):  # what arrives late may push the slider from under the hand
            size = slider.bounding_box()
            assert size is not None
            # Like a hand, `hover` waits until what it points at stands still.
            slider.hover(position={"x": size["width"] * share, "y": size["height"] / 2})
            place = slider.bounding_box()
            assert place is not None
            self.page.mouse.down()
            if slider.evaluate("slider => slider === document.activeElement"):
                return place
            self.page.mouse.up()
        raise AssertionError("The slider does not stand still.")

    def type_in(self, name: str, text: str) -> "Visit":
        """Type into a number box and stay there."""
        self.box(name).click(click_count=3)
        self.page.keyboard.type(text)
        return self

    def settled(self, do: Any) -> Recipe:
        """Do something, and return the recipe that the picture then rests on."""
        before = self.seq
        do()
        self.next_rest(before)
        return self.recipe

    def study(self, kind: str) -> "Visit":
        self.page.locator(f"#study_{kind}").click()
        return self

    def ask_for(self, kind: str) -> None:
        """Press the study's button if it waits for that; without scrolling to it."""
        script = """kind => {
            const isThere = document.querySelector(`#study .cells[data-kind=${kind}] .cell`);
            return isThere || !document.querySelector('#study .draw').hidden; }"""
        self.page.wait_for_function(script, arg=kind)
        if self.draw.is_visible():
            self.draw.evaluate("button => button.click()")

    def sheet(self, kind: str, pictures: int) -> Locator:
        """The cells of a study, once they stand there."""
        self.ask_for(kind)
        expect(self.page.locator(f"#study_{kind}")).to_have_attribute("aria-selected", "true")
        expect(self.cells).to_have_count(pictures)
        return self.cells

    def sliders(self, count: int) -> Locator:
        """The sliders of directions, once there are `count`."""
        found = self.page.locator(".directions .direction")
        expect(found).to_have_count(count)
        return found

    def find_directions(self, source: str, count: int = 3) -> Locator:
        """Press PCA, SeFa or Random with nothing on the panel, and return the new sliders."""
        self.open_panel("directions")
        self.page.locator("#find_count").fill(str(count))
        self.page.locator(".finder").get_by_role("button", name=source).click()
        return self.sliders(1 if source == "Random" else count)

    def choose_file(self, button: Locator, file: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            button.click()
        chooser.value.set_files(file)

    def saved(self, button: Locator) -> Path:
        """The file that a button hands over."""
        with self.page.expect_download() as download:
            button.click()
        return Path(download.value.path())

    def paste(self, text: str) -> None:
        """Press Ctrl-V with `text` on the clipboard, outside of text fields."""
        self.page.evaluate(PASTE, text)

    def upload(self, file: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("#upload").click()
        chooser.value.set_files(file)

    # Layout

    def place(self, selector: str) -> dict[str, float]:
        box = self.page.locator(selector).first.bounding_box()
        assert box is not None, f"{selector} is not shown"
        return dict(box)

    def is_hacked(self) -> bool:
        return bool(self.page.evaluate("'hacked' in window"))


def link(recipe: dict[str, Any]) -> str:
    """The query of a link to a recipe."""
    text = base64.urlsafe_b64encode(json.dumps({"version": 1, **recipe}).encode()).decode()
    return f"?r={text.rstrip('=')}"


def sentence_about(text: str) -> re.Pattern[str]:
    """Matches a whole message that mentions `text`, and not that something is going on."""
    return re.compile(r"^(?!Opening ).*" + re.escape(text) + r".*\.$")
