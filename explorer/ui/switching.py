"""Another model: chosen, uploaded, or asked for by a link; how the page then looks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from explorer.errors import ExplorerError
from explorer.models import Models
from explorer.ui import live_view
from explorer.ui.artist import Artist
from explorer.ui.controls import Adapting

Updates = list[Any]


class Switch:
    """Handlers whose outputs are the live view, the list of models, and what adapts to a model.

    A problem becomes a sentence on the live view, and nothing else changes.
    """

    def __init__(self, models: Models, artist: Artist, adapting: Sequence[Adapting]):
        self._models = models
        self._artist = artist
        self._adapting = tuple(adapting)

    def choose(self, name: Any, visitor: Any) -> Updates:
        """The model that was picked from the list."""
        return self.open({"name": name}, visitor)

    def open(self, ref: Any, visitor: Any) -> Updates:
        """The model of a recipe that came with a link."""
        try:
            return self._updates(ref, visitor)
        except ExplorerError as error:
            return self.problem(error)

    def upload(self, file: str, visitor: Any) -> Updates:
        """The checkpoint that a visitor sent."""
        try:
            return self.bring(Path(file), visitor)
        except ExplorerError as error:
            return self.problem(error)

    def bring(self, file: Path, visitor: Any) -> Updates:
        """Move `file` to the models of `visitor`; one that cannot be opened is not kept.

        Raises:
            ExplorerError: It cannot be opened, or there is no room for it.
        """
        name = self._models.upload(file, live_view.checked_visitor(visitor))
        try:
            return self._updates({"name": name}, visitor)
        except BaseException:  # also what nobody thought of must not stay in his quota
            self._models.forget(name, visitor)
            raise

    def names(self, visitor: Any) -> Any:
        """The list of models as it is now."""
        self._models.refresh()
        return gr.Dropdown(choices=self._models.names(live_view.checked_visitor(visitor)))

    def told(self, value: dict[str, Any]) -> Updates:
        """Something for the live view alone."""
        return [value, *(gr.skip() for _ in range(len(self._adapting) + 1))]

    def problem(self, error: ExplorerError) -> Updates:
        """A sentence, and nothing else changes."""
        return self.told({"problem": str(error)})

    def _updates(self, ref: Any, visitor: Any) -> Updates:
        who = live_view.checked_visitor(visitor)
        model = self._artist.open(live_view.checked_ref(ref), who)
        choice = gr.Dropdown(choices=self._models.names(who), value=model.ref.name)
        updates = [adapt(model) for _, adapt in self._adapting]
        return [{"model": live_view.describe(model)}, choice, *updates]
