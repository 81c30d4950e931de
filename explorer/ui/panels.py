"""The panels of controls: latent, class, truncation, style mixing, noise.

Each function lays out one accordion and returns it with its controls. Hints say what a control
does in one plain sentence; what they claim of pictures holds for the shipped model.
"""

from collections.abc import Callable

import gradio as gr
from gradio.components import Component

from explorer.model import Model
from explorer.networks import GROUPS, Group
from explorer.ui.controls import Adapting, Panel, limits, seed_box, slider

PATHS = [("z slerp", "z-slerp"), ("z lerp", "z-lerp"), ("w lerp", "w-lerp")]
PATH_HINT = (
    "z slerp follows the sphere on which random z lie, so no step is less likely than its ends. "
    "z lerp cuts through it. w lerp is straight in W, which the network straightened for itself: "
    "usually the smoothest."
)
GROUP_HINTS: dict[Group, str] = {
    "coarse": "Layers at 4-8 pixels. In photos of faces (FFHQ): pose, shape of face and hair; "
    "in avatars: nearly the whole face.",
    "middle": "Layers at 16-32 pixels. FFHQ: features, expression; avatars: the shade of the "
    "hair, the kind of glasses.",
    "fine": "Layers at 64 pixels and up. FFHQ: colours and micro-structure; avatars: the colours "
    "of background and clothes.",
}
MIXING_CAVEAT = (
    "StyleGAN3 was trained without mixing regularisation, and its layers have no resolution of "
    "their own: mixtures may look wrong."
)
NOISE_MODES = [("stored", "const"), ("random", "random"), ("none", "none")]


def latent() -> Panel:
    """Sources A and B, the way between them, tail clipping."""
    with gr.Accordion("Latent", open=True, elem_id="panel_latent") as accordion:
        with gr.Row(elem_classes="pair"):
            seed_a = seed_box("seed_a", "Seed A")
            seed_b = seed_box("seed_b", "Seed B")
        controls = {
            "seed_a": seed_a,
            "seed_b": seed_b,
            "t": slider(
                "t",
                "A to B: t",
                "From the picture of seed A to that of seed B. Or drag the picture itself: it "
                "walks from seed to seed.",
                ("t",),
            ),
            "space": gr.Radio(PATHS, label="Path", info=PATH_HINT, elem_id="space"),
            "clip": slider(
                "clip",
                "Tail clipping",
                "Keeps the random numbers of a seed within ± this many standard deviations: rare "
                f"features go first. {limits('clip')[1]} is off. The network rescales its input, "
                "which undoes part of it.",
                ("clip",),
                step=0.1,
            ),
        }
    return Panel(accordion, dict(controls), "latent")


def classes(model: Model) -> Panel:
    """The class of a conditional model; hidden for others."""
    visible = model.generator.c_dim > 0
    with gr.Accordion("Class", open=True, visible=visible, elem_id="panel_class") as accordion:
        label = gr.Dropdown(
            class_choices(model),
            label="Class",
            info="The kind of picture that the model was told to draw.",
            elem_id="label",
        )
    adapting: list[Adapting] = [
        (accordion, lambda model: gr.Accordion(visible=model.generator.c_dim > 0)),
        (label, lambda model: gr.Dropdown(choices=class_choices(model))),
    ]
    return Panel(accordion, {"label": label}, "class", adapting)


def class_choices(model: Model) -> list[tuple[str, int]]:
    """(name, index) of every class; a number where the files name none."""
    names = model.classes or tuple(str(index) for index in range(model.generator.c_dim))
    return [
        (f"{index}: {name}" if model.classes else name, index) for index, name in enumerate(names)
    ]


def truncation(model: Model) -> Panel:
    """psi and cutoff."""
    with gr.Accordion("Truncation", open=True, elem_id="panel_truncation") as accordion:
        controls = {
            "psi": slider(
                "psi",
                "psi",
                "Pulls the style towards the average: 1 leaves it, 0 is the average picture, "
                "below 0 its opposite. Less variety, fewer failures.",
                ("psi",),
            ),
            "cutoff": slider(
                "cutoff",
                "Cutoff layer",
                "Only the layers before this one are pulled: a low cutoff tames shape and pose "
                "and leaves the colours varied.",
                ("cutoff",),
                step=1,
                maximum=model.generator.num_ws,
            ),
        }

    def adapt(model: Model) -> gr.Slider:
        return gr.Slider(maximum=model.generator.num_ws)

    return Panel(accordion, dict(controls), "truncation", [(controls["cutoff"], adapt)])


def mixing(model: Model) -> Panel:
    """The mixing source and how much of it each layer takes."""
    with gr.Accordion("Style mixing", open=False, elem_id="panel_mixing") as accordion:
        controls: dict[str, Component] = {
            "mix_seed": seed_box("mix_seed", "Mixing seed", "Whose style the sliders blend in.")
        }
        path = ("mix", "weights", "[]")
        for group in GROUPS:
            name = f"mix_{group}"
            hint, visible = group_hint(model, group), has_group(model, group)
            controls[name] = slider(name, group.capitalize(), hint, path, visible=visible)
        caveat = gr.Markdown(MIXING_CAVEAT, visible=_is_stylegan3(model), elem_id="mix_caveat")
        with gr.Accordion("Each layer", open=False, elem_id="panel_mix_layers"):
            layer_rows("mix")
    adapting: list[Adapting] = [
        (controls[f"mix_{group}"], _mixing_slider(group)) for group in GROUPS
    ]
    adapting.append((caveat, lambda model: gr.Markdown(visible=_is_stylegan3(model))))
    return Panel(accordion, dict(controls), "mixing", adapting)


def transform(model: Model) -> Panel:
    """Turning and moving, which StyleGAN3 alone draws by itself; hidden for others."""
    turns = _is_stylegan3(model)
    title = "Rotate and move"
    with gr.Accordion(title, open=False, visible=turns, elem_id="panel_transform") as accordion:
        controls = {
            "rotate": slider(
                "rotate",
                "Rotate",
                "Degrees, counter-clockwise. Only models of the kind R keep their detail.",
                ("transform", "rotate"),
                step=1,
            ),
            "shift_x": slider(
                "shift_x", "Move right", "In widths of the picture.", ("transform", "x")
            ),
            "shift_y": slider(
                "shift_y", "Move down", "In heights of the picture.", ("transform", "y")
            ),
        }

    def adapt(model: Model) -> gr.Accordion:
        return gr.Accordion(visible=_is_stylegan3(model))

    return Panel(accordion, dict(controls), "transform", [(accordion, adapt)])


def noise(model: Model) -> Panel:
    """What the noise inputs add, and how strongly."""
    with gr.Accordion("Noise", open=False, elem_id="panel_noise") as accordion:
        without = gr.Markdown(
            "This model has no noise inputs: all of its detail comes from the style.",
            visible=not has_noise(model),
            elem_id="no_noise",
        )
        with gr.Column(visible=has_noise(model), elem_id="noise_controls") as inside:
            controls = {
                "noise_mode": gr.Radio(
                    NOISE_MODES,
                    label="Noise",
                    info="Random detail that the style does not decide: strands of hair, the "
                    "grain of cloth, freckles. Stored: the maps in the checkpoint.",
                    elem_id="noise_mode",
                ),
                "noise_seed": seed_box("noise_seed", "Noise seed", "For random noise."),
            }
            controls |= noise_strengths(model)
            with gr.Accordion("Each layer", open=False, elem_id="panel_noise_layers"):
                layer_rows("noise")
    adapting: list[Adapting] = [
        (without, lambda model: gr.Markdown(visible=not has_noise(model))),
        (inside, lambda model: gr.Column(visible=has_noise(model))),
        *((controls[f"noise_{group}"], _shown_if(has_noisy, group)) for group in GROUPS),
    ]
    return Panel(accordion, dict(controls), "noise", adapting)


def noise_strengths(model: Model) -> dict[str, gr.Slider]:
    """Strength for all layers and for each group."""
    path = ("noise", "strength", "[]")
    controls = {
        "noise_strength": slider(
            "noise_strength",
            "Strength",
            "A factor on what training found: 1 as trained, 0 none.",
            path,
        )
    }
    for group in GROUPS:
        name = f"noise_{group}"
        hint = f"The {group} layers alone."
        visible = has_noisy(model, group)
        controls[name] = slider(name, group.capitalize(), hint, path, visible=visible)
    return controls


def _is_stylegan3(model: Model) -> bool:
    return model.generator.family == "stylegan3"


def group_hint(model: Model, group: Group) -> str:
    """What the layers of `group` decide; StyleGAN3's have no resolution of their own."""
    if not _is_stylegan3(model):
        return GROUP_HINTS[group]
    numbers = [i for i, layer in enumerate(model.generator.layers) if layer.group == group]
    return f"Layers {numbers[0]} to {numbers[-1]}." if numbers else ""


def _mixing_slider(group: Group) -> Callable[[Model], gr.Slider]:
    def adapt(model: Model) -> gr.Slider:
        return gr.Slider(visible=has_group(model, group), info=group_hint(model, group))

    return adapt


def has_group(model: Model, group: Group) -> bool:
    """Whether some layer belongs to `group`."""
    return any(layer.group == group for layer in model.generator.layers)


def has_noisy(model: Model, group: Group) -> bool:
    """Whether some layer of `group` has a noise input."""
    return any(layer.group == group and layer.has_noise for layer in model.generator.layers)


def has_noise(model: Model) -> bool:
    """Whether the model has noise inputs at all."""
    return any(layer.has_noise for layer in model.generator.layers)


def _shown_if(test: Callable[[Model, Group], bool], group: Group) -> Callable[[Model], gr.Slider]:
    return lambda model: gr.Slider(visible=test(model, group))


def layer_rows(kind: str) -> gr.HTML:
    """A slider for each layer; made in the browser, because their number is the model's."""
    return gr.HTML(
        "",
        html_template='<div class="rows"></div>',
        js_on_load=f"window.explorer.mountRows({kind!r}, element.querySelector('.rows'));",
        elem_id=f"{kind}_layers",
        apply_default_css=False,
    )


def interpolation() -> Panel:
    """Opens the three paths from A to B among the strips."""
    with gr.Accordion("Interpolation", open=False, elem_id="panel_interpolation") as accordion:
        gr.Markdown(
            "The three paths from A to B stand among the strips, under *Three paths*. Click a step "
            "there to go to it."
        )
    return Panel(accordion, {}, opens="interpolation")
