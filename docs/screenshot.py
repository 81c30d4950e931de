"""Take the README's picture of the page: `python -m docs.screenshot`."""

import tempfile
from pathlib import Path

from benchmarks.serving import browsing, serving

TARGET = Path(__file__).with_name("page.png")


def main() -> None:
    """Open the page as a newcomer sees it, and keep it at 1280 x 800."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "log") as served,
        browsing() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(served.url)
        page.wait_for_selector('#live img[data-rest="1"]', timeout=60_000)
        page.wait_for_selector("#study .cell .thumb", timeout=60_000)
        page.screenshot(path=TARGET)


if __name__ == "__main__":
    main()
