"""The panel that says what a model is. Names out of files are escaped: they are text."""

import html

import gradio as gr

from explorer.model import Model
from explorer.ui.controls import Panel


def panel(model: Model) -> Panel:
    """Family, sizes, hash, and what was inferred or left out."""
    with gr.Accordion("About this model", open=False, elem_id="panel_about") as accordion:
        text = gr.HTML(summary(model), elem_id="about", apply_default_css=False)
    return Panel(accordion, {}, adapting=[(text, lambda model: gr.HTML(summary(model)))])


def summary(model: Model) -> str:
    """The model as a list of terms, HTML with every text escaped."""
    about = model.summary
    height, width = about.resolution
    layers = ", ".join(f"{layer.name} ({layer.resolution[0]} px)" for layer in about.layers)
    rows = {
        "name": model.ref.name,
        "family": about.family,
        "architecture": about.architecture,
        "picture": f"{width} x {height} pixels, {about.image_channels} channels",
        "latents": f"z {about.z_dim}, w {about.w_dim}, {about.num_ws} layers",
        "classes": f"{about.c_dim}" if about.c_dim else "none",
        "parameters": f"{about.parameters / 1e6:.2f} million",
        "layers": layers,
        "hash": about.content_hash,
        "notes": " ".join(about.notes) or "Everything was in the file.",
        "mentions": ", ".join(about.mentions) or "no names to import",
    }
    terms = (f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in rows.items())
    return f"<dl>{''.join(terms)}</dl>"
