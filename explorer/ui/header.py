"""The row at the top of the page: the model, where models come from, and what keeps a picture."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from explorer.model import Model
from explorer.models import Models
from explorer.ui import keeping
from explorer.ui.fetching import ADDRESS_LENGTH

ADDRESS_HINT = (
    "A file on the Hugging Face Hub, as hf://owner/repo, hf://owner/repo/file or "
    "hf://owner/repo/file@revision; or a link to a file that begins with https://. "
    "Only you will see the model."
)


@dataclass(frozen=True)
class Header:
    """The row at the top."""

    model: gr.Dropdown
    address: gr.Textbox
    fetch: gr.Button
    upload: gr.UploadButton
    keep: keeping.Buttons
    copy: gr.Button
    save: gr.Button
    reset: gr.Button


def build_header(models: Models, model: Model, *, fetches: bool) -> Header:
    """The row, where the caller stands in the layout.

    Args:
        model: The one that is open.
        fetches: Whether visitors may open addresses.
    """

    bare: dict[str, Any] = {
        "show_label": False, "container": False, "scale": 2, "min_width": 140,
    }  # fmt: skip

    def small(text: str, name: str, width: int, **more: Any) -> gr.Button:
        return gr.Button(text, size="sm", elem_id=name, scale=0, min_width=width, **more)

    with gr.Row(elem_id="header"):
        gr.HTML("<h1>Latent Explorer</h1>", elem_id="title", apply_default_css=False)
        return Header(
            model=gr.Dropdown(
                models.names(),
                value=model.ref.name,
                label="Model",
                elem_id="model",
                filterable=False,
                **bare,
            ),
            address=gr.Textbox(
                label="Address of a checkpoint",
                info=ADDRESS_HINT,
                placeholder="hf://… or https://…",
                max_lines=1,
                max_length=ADDRESS_LENGTH,
                elem_id="address",
                visible=fetches,
                **bare,
            ),
            fetch=small("Open address", "fetch", 112, visible=fetches),
            upload=gr.UploadButton(
                "Open a checkpoint", size="sm", elem_id="upload", scale=0, min_width=150
            ),
            keep=keeping.buttons(),
            copy=small("Copy link", "copy", 88),
            save=small("Save PNG", "save", 92, variant="primary"),
            reset=small("Reset", "reset", 64),
        )
