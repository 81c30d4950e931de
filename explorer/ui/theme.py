"""How the page looks: Gradio's own components, one accent colour, the system's fonts."""

import gradio as gr


def theme() -> gr.themes.Base:
    """Quiet, light or dark as the system is; fetches no font."""
    return gr.themes.Default(
        primary_hue="indigo",
        neutral_hue="zinc",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        spacing_size="sm",
    ).set(  # white on it must be legible
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )
