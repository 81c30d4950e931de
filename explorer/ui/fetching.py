"""Opening a checkpoint by its address: progress while it is fetched, then as any upload."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from explorer.downloads import Cancelled, Download, Downloads
from explorer.errors import ExplorerError, ModelError
from explorer.models import Models
from explorer.ui import live_view
from explorer.ui.switching import Switch, Updates

log = logging.getLogger(__name__)

ADDRESS_LENGTH = 2000  # characters
PROGRESS_SECONDS = 0.2


class Fetching:
    """Handlers with the outputs of `Switch`.

    Args:
        downloads: None where strangers may use the page: then no address is opened.
    """

    def __init__(self, switch: Switch, models: Models, downloads: Downloads | None):
        self._switch = switch
        self._models = models
        self._downloads = downloads

    async def fetch(self, address: Any, visitor: Any) -> AsyncIterator[Updates]:
        """Fetch what is at `address` and open it; one problem is one sentence."""
        try:
            download = self._start(address, visitor)
        except ExplorerError as error:
            yield self._switch.problem(error)
            return

        def news(**more: Any) -> Updates:
            return self._switch.told({"transfer": {"address": address, **more}})

        ended = asyncio.wrap_future(download.ended)
        try:
            while not (ended.done() or download.is_closed):
                yield news(done=download.done, total=download.total)
                await asyncio.wait([ended], timeout=PROGRESS_SECONDS)
            if download.is_closed:
                yield news(ended=True)
                return
            yield news(opening=True)
            updates = await asyncio.to_thread(self._open, download)
            # In one value: the page may not look at each of two that come at once.
            yield [{**updates[0], **news(ended=True)[0]}, *updates[1:]]
        finally:
            download.close()  # also when the page was left

    def cancel(self, visitor: Any) -> None:
        """Stop what `visitor` fetches."""
        if self._downloads is not None and isinstance(visitor, str):
            self._downloads.cancel(visitor)

    def _start(self, address: Any, visitor: Any) -> Download:
        if self._downloads is None:
            raise ModelError(
                "This server opens no addresses.",
                fix="Start it with --allow-downloads, or download the file and open that.",
            )
        who = live_view.checked_visitor(visitor)
        if not isinstance(address, str) or len(address) > ADDRESS_LENGTH:
            raise ModelError("This is no address.", fix="Write hf://owner/repo or https://...")
        self._models.require_room(who)
        return self._downloads.start(address.strip(), who)

    def _open(self, download: Download) -> Updates:
        try:
            return self._switch.bring(download.result(), download.visitor)
        except ExplorerError as error:
            return self._switch.problem(error)
        except Cancelled:
            return self._switch.told({})
        except Exception:  # the edge: the person gets a sentence, the log the rest
            log.exception("fetching failed")
            problem = ModelError("It could not be fetched.", fix="Download it, and open the file.")
            return self._switch.problem(problem)
