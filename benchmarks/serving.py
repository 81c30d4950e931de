"""The real program on a free port of this machine, in a process of its own, and a real browser."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
STARTS_WITHIN = 120.0  # seconds
# Without these Chromium asks for hosts that a closed network refuses, many at a time.
QUIET_BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(frozen=True)
class Served:
    """A running explorer."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(
    log: Path,
    arguments: Sequence[str] = (),
    root: Path = ROOT,
    port: int | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """Run `python app.py` with `arguments` until the block ends; its output goes to `log`.

    Its pictures go beside `log`: a server that stops deletes what lies in its folder, also the
    equal pictures of another one that shares it.

    Args:
        more: Added to the environment.
    """
    port = port or free_port()
    command = [sys.executable, "app.py", "--port", str(port), *arguments]
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONUNBUFFERED": "1"}
    environment["GRADIO_TEMP_DIR"] = str(log.absolute().parent / "gradio")
    environment |= more or {}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    served = Served(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_up(served)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(served: Served) -> None:
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience:
        if served.process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{served.url}/config", timeout=5).status_code in (200, 401):
                return
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{served.log.read_text()[-2000:]}")


def chromium() -> str | None:
    """Where Debian's Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """A headless Chromium."""
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium here. Install the Debian package chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET_BROWSER))
        try:
            yield browser
        finally:
            browser.close()
