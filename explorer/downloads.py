"""What visitors ask this server to fetch: a few files at a time, each on a thread of its own.

Whoever waits looks at a `Download`; torch's thread, the event loop and Gradio's threads stay free.
Where an address leads, and what it may lead to, is for the `fetch` that is given.
"""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from explorer.download_cache import mark_used, trim
from explorer.errors import CheckpointError, ExplorerError, ModelError
from explorer.files import name_of, parts_of

AT_ONCE = 4  # downloads of all visitors together
THREADS = 16  # with those of downloads that nobody waits for, but whose server says nothing
LONGEST = 3600.0  # seconds
TRIES = 2  # between its arrival and its use a file may be removed to make room for another

Report = Callable[[int, int | None], None]  # (bytes done, bytes in all if known)
Fetch = Callable[[str, Report], Path]


class Cancelled(Exception):
    """Nobody wants the file any more."""


class Download:
    """One checkpoint on its way.

    Args:
        visitor: Who wants it.
        done: Bytes that have arrived.
        total: Bytes in all, None while that is not known.
        ended: Becomes the checkpoint, in a folder that `close` deletes, or what went wrong.
    """

    def __init__(self, visitor: str):
        self.visitor = visitor
        self.done = 0
        self.total: int | None = None
        self.ended: Future[Path | BaseException] = Future()
        self.ended.set_running_or_notify_cancel()  # only `close` stops it, not a waiting task
        self._until = time.monotonic() + LONGEST
        self._closed = threading.Event()
        self._folder: Path | None = None
        self._lock = threading.Lock()

    @property
    def is_closed(self) -> bool:
        """Whether nobody wants it any more; its thread notices that at the next bytes."""
        return self._closed.is_set()

    @property
    def is_late(self) -> bool:
        """Whether it took too long; its thread notices that at the next bytes."""
        return time.monotonic() > self._until

    def tell(self, done: int, total: int | None) -> None:
        """Note the progress.

        Raises:
            Cancelled: It was closed.
            CheckpointError: It takes too long.
        """
        if self.is_closed:
            raise Cancelled
        if self.is_late:
            raise CheckpointError(
                f"it did not arrive within {LONGEST / 60:g} minutes.", fix="Try another server."
            )
        self.done, self.total = done, total

    def put_aside(self, path: Path) -> Path:
        """Take the checkpoint at `path` out of the cache, at once where that is on the same disk.

        Raises:
            OSError: It cannot be kept, or is gone.
        """
        with self._lock:  # `close` finds the folder, or there will be none
            if self.is_closed:
                raise Cancelled
            self._folder = Path(tempfile.mkdtemp(prefix="explorer-fetched-"))
        aside = self._folder / (name_of(path) if path.is_dir() else path.name)
        if path.is_dir():
            aside.mkdir()
        for part in parts_of(path):
            real = part.resolve(strict=True)
            mark_used(real)
            _link(real, aside / part.name if path.is_dir() else aside)
        return aside

    def close(self) -> None:
        """Stop it if it is still on its way; keep nothing of it outside of the cache."""
        with self._lock:
            self._closed.set()
        if self.ended.done():
            self.clear()

    def finish(self, outcome: Path | BaseException) -> None:
        """Tell whoever waits how it ended."""
        self.ended.set_result(outcome)
        if self.is_closed or isinstance(outcome, BaseException):
            self.clear()

    def result(self) -> Path:
        """The checkpoint, once `ended`; what went wrong is raised."""
        outcome = self.ended.result()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def clear(self) -> None:
        """Delete what was put aside."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


class Downloads:
    """The downloads of one server.

    Args:
        fetch: From an address to a file or model folder under `cache`; tells bytes done and in all.
        cache: Where `fetch` keeps things.
        cache_bytes: The most that `cache` may take, with what is on its way.
        largest: Bytes of the largest checkpoint that `fetch` lets pass.
    """

    def __init__(self, fetch: Fetch, cache: Path, *, cache_bytes: int, largest: int):
        self._fetch = fetch
        self._cache = cache
        self._cache_bytes = cache_bytes
        self._largest = largest
        # Each keeps room for the largest, so that together they fit; one may need all of it.
        self._most = min(AT_ONCE, max(1, cache_bytes // max(1, largest)))
        self._running: list[Download] = []  # with a thread, even if nobody waits any more
        self._tables = threading.Lock()  # held for moments
        self._trimming = threading.Lock()

    def start(self, address: str, visitor: str) -> Download:
        """Begin to fetch `address`; the caller closes the download, whatever comes of it.

        Raises:
            ModelError: He fetches something already, or too much is fetched.
        """
        download = Download(visitor)
        with self._tables:
            awaited = [one for one in self._running if not (one.is_closed or one.is_late)]
            if any(one.visitor == visitor for one in awaited):
                raise ModelError(
                    "A download of yours is still on its way.", fix="Wait for it, or cancel it."
                )
            if len(awaited) >= self._most or len(self._running) >= THREADS:
                raise ModelError(
                    "This server fetches as much as it can at a time.", fix="Try again later."
                )
            self._running.append(download)
        threading.Thread(
            target=self._run, args=(download, address), name="download", daemon=True
        ).start()
        return download

    def cancel(self, visitor: str) -> None:
        """Stop what `visitor` fetches."""
        with self._tables:
            own = [download for download in self._running if download.visitor == visitor]
        for download in own:
            download.close()

    def _run(self, download: Download, address: str) -> None:
        outcome: Path | BaseException
        try:
            outcome = self._bring(download, address)
        except (ExplorerError, Cancelled) as error:
            outcome = error
        except OSError as error:
            outcome = CheckpointError(
                f"It cannot be kept here: {error.strerror}.", fix="Try again later."
            )
        except BaseException as error:  # handed on to whoever waits for the result
            outcome = error
        with self._tables:
            self._running.remove(download)
        download.finish(outcome)

    def _bring(self, download: Download, address: str) -> Path:
        with self._trimming:
            on_their_way = len(self._running) * self._largest
            trim(self._cache, max(0, self._cache_bytes - on_their_way))
        for left in reversed(range(TRIES)):
            path = self._fetch(address, download.tell)
            try:
                return download.put_aside(path)
            except FileNotFoundError:
                download.clear()
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")


def _link(file: Path, target: Path) -> None:
    """Let `target` be `file`, without a second copy where the disk can do that."""
    try:
        os.link(file, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one that has no links
        shutil.copyfile(file, target)
