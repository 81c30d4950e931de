"""The page's modules without the page: what is pure in them can be asked directly."""

from typing import Any

from playwright.sync_api import Page

from explorer.ui.scripts import HERE, MODULES

PURE = [name for name in MODULES if name != "explorer.js"]
SOURCE = "\n".join((HERE / "js" / name).read_text(encoding="utf-8") for name in PURE)


def asked(page: Page, function: str, argument: Any = None) -> Any:
    """What a function in JavaScript, which sees all modules, returns for `argument`."""
    return page.evaluate(f"argument => {{ {SOURCE}\n return ({function})(argument); }}", argument)
