"""Events of Gradio's queue, whose end the page hears of on a slow link too.

Gradio tells a page of all its queued events through one stream, which the server ends once none of
them is left. Where that end is still on its way while the page sends the next event, the page takes
the stream for open, and hears of that event only when yet another one opens the stream anew. So the
page counts what it sent and heard of, and while it waits sends an event that does nothing else:
js/listening.js.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from explorer.ui.controls import QUIET

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def queued(
    event: Callable[..., Any],
    fn: Callable[..., Any],
    inputs: Sequence[Block],
    outputs: Sequence[Block],
    *,
    js: str,
    **more: Any,
) -> Dependency:
    """Wire `fn` to `event`, as Gradio does.

    Args:
        js: A function of the values of `inputs`, which gives what is sent instead.
    """
    sent = f"(...given) => (window.explorer.sent(), ({js})(...given))"
    work: Dependency = event(fn, inputs, outputs, js=sent, **more)
    work.then(**QUIET, js="() => window.explorer.heard()")
    return work


def reopening(live: gr.HTML) -> None:
    """Let the page open the stream anew."""
    live.reopen(_nothing, trigger_mode="multiple", concurrency_limit=None, **PRIVATE)


def _nothing() -> None:
    """That it was asked for has opened the stream."""
