"""`python -m explorer separability`: how well a classifier's labels can be told from Z and W."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.commands.spread import Rows, Share, computed
from explorer.commands.state import State, Table
from explorer.errors import AnalysisError
from explorer.formats.whole_file import whole_file
from explorer.labelling import Classifier, Labelled, labelled, last_w, pictures, slice_of
from explorer.metrics.separability import in_sample
from explorer.sampling import Sampler
from explorer.separation import NOTES, Report, SpaceReport, latents_in, measure, to_json
from explorer.slices import Progress

Told = Callable[[int, int], None]

PAPER_NOTES = (
    "In-sample, by the protocol of Karras 2019 (Section 4.2): each boundary is scored on the "
    "pictures that it was fitted to, the half that the classifier is surest of.",
    "The labels are those of this classifier; published scores are of 40 others.",
)
MEANINGLESS = (
    "MEANINGLESS: {kept:,} pictures are kept, fewer than twice the dimensions; so few are "
    "separable whatever their labels."
)


def label(
    sampler: Sampler,
    classifier: Classifier,
    seeds: Sequence[int],
    share: Share,
    state: State,
    told: Told,
) -> Labelled | None:
    """Draw and label `seeds`, spread over the processes; None in every one but the first.

    The same samples as of `labelling.gather`.
    """
    dims = sampler.generator.w_dim

    def make(some: Sequence[int]) -> Table:
        logits = classifier.logits(pictures(sampler, some))
        return np.concatenate([last_w(sampler, some), logits], axis=1, dtype=np.float32)

    rows = Rows(seeds, dims + len(classifier.names), slice_of(sampler.generator), make)
    table = computed(rows, share, state, told)
    if table is None:
        return None
    return labelled(sampler, classifier, seeds, table[:, :dims], table[:, dims:])


def labels_csv(found: Labelled) -> str:
    """The labels of each seed, 1 for yes: a column for each attribute that asks yes or no.

    Logits are left out: on another machine they differ in their last digits, and labels do not.
    """
    names = [name for name in found.names if name not in found.continuous]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["seed", *names])
    answers = [found.labels(name).astype(int).tolist() for name in names]
    writer.writerows(zip(found.seeds, *answers, strict=True))
    return text.getvalue()


def require_place(path: Path | None) -> None:
    """Refuse a place for a file before hours of work, not after.

    Raises:
        AnalysisError: Its folder is not there, or it is a folder.
    """
    if path is not None and (not path.parent.is_dir() or path.is_dir()):
        raise AnalysisError(f"{path} cannot be written.", fix="Choose another place.")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def measured(found: Labelled, seed: int, told: Told) -> Report:
    """How separable the samples are, held out."""
    for step in measure(found, seed=seed):
        if isinstance(step, Progress):
            told(*step)
    assert isinstance(step, Report), "it comes last"
    return step


def report_text(report: Report, about: Mapping[str, object], as_json: bool) -> str:
    """A report for programs or for people."""
    if as_json:
        return json.dumps(to_json(report, about), indent=2, allow_nan=False)
    lines = _head(report.samples, about)
    for space, found in report.spaces.items():
        lines += ["", *_space_lines(space.upper(), found, report.reasons)]
    return "\n".join([*lines, "", *NOTES])


def _head(samples: int, about: Mapping[str, object]) -> list[str]:
    return [
        f"{'model':<16}{about['model']}",
        f"{'classifier':<16}{about['classifier']}",
        f"{'pictures':<16}{samples:,}, psi {about['psi']}",
    ]


def _space_lines(name: str, found: SpaceReport, reasons: Mapping[str, str]) -> list[str]:
    total = "n/a"
    if found.score is not None:
        total = f"{found.score.score:.4g} ({found.score.low:.4g} to {found.score.high:.4g})"
    lines = [
        f"separability score in {name}: {total}; 1 is perfect",
        f"{'':<20}{'entropy in bits':<26}{'information':<26}{'accuracy':<24}base rate  chance",
    ]
    for attribute, one in found.attributes.items():
        if one is None:
            lines.append(f"{attribute:<20}n/a: {reasons[attribute]}")
            continue
        n = one.numbers
        entropy = f"{n.entropy:.3f} ({n.low:.3f} to {n.high:.3f})"
        known = f"{n.information:.3f} ({n.information_low:.3f} to {n.information_high:.3f})"
        right = f"{n.accuracy:.3f} ({n.accuracy_low:.3f} to {n.accuracy_high:.3f})"
        lines.append(
            f"{attribute:<20}{entropy:<26}{known:<26}{right:<24}{n.base_rate:<11.3f}"
            f"{n.chance:.3f}{'' if n.separable else '  not separable'}"
        )
    return lines


@dataclass(frozen=True)
class InSampleReport:
    """The paper's score of each space.

    Args:
        kept: Pictures of each attribute.
        meaningless: Whether these are too few for the dimensions.
        entropies: By space and attribute, in bits; None where there is only one class.
    """

    samples: int
    seed: int
    kept: int
    meaningless: bool
    entropies: Mapping[str, Mapping[str, float | None]]

    def score(self, space: str) -> float:
        """2 to the sum of the entropies in bits."""
        return float(2 ** sum(entropy or 0.0 for entropy in self.entropies[space].values()))


def by_the_paper(found: Labelled, seed: int, state: State, told: Told) -> InSampleReport:
    """The paper's score; each fit may take minutes, and is kept."""
    entropies: dict[str, dict[str, float | None]] = {"z": {}, "w": {}}
    done, total = 0, 2 * len(found.names)
    for space in ("z", "w"):
        for index, name in enumerate(found.names):
            told(done, total)
            done += 1
            if name in found.continuous:
                entropies[space][name] = None
                continue
            kept_as = f"paper-{len(found.seeds)}-{space}-{index}"
            known = state.read(kept_as, (1,))
            if known is None:
                x, logits = latents_in(found, space), found.logits[:, index : index + 1]
                (entropy,) = in_sample(x, logits, seed).entropies
                fresh = np.array([np.nan if entropy is None else entropy], np.float32)
                known = state.keep(kept_as, fresh)
            entropies[space][name] = None if np.isnan(known[0]) else float(known[0])
    kept = len(found.seeds) // 2
    few = kept < 2 * max(found.z.shape[1], found.w.shape[1])
    return InSampleReport(len(found.seeds), seed, kept, few, entropies)


def paper_text(found: InSampleReport, about: Mapping[str, object], as_json: bool) -> str:
    """The paper's score for programs or for people."""
    notes = [MEANINGLESS.format(kept=found.kept)] if found.meaningless else []
    notes += PAPER_NOTES
    if as_json:
        spaces = {
            space: {
                "score": found.score(space),
                "attributes": {
                    name: None if entropy is None else {"entropy": entropy}
                    for name, entropy in entropies.items()
                },
            }
            for space, entropies in found.entropies.items()
        }
        head = {**about, "protocol": "in-sample", "samples": found.samples, "kept": found.kept}
        more = {"meaningless": found.meaningless, "seed": found.seed}
        return json.dumps({**head, **more, "spaces": spaces, "notes": notes}, indent=2)
    lines = _head(found.samples, about)
    for space, entropies in found.entropies.items():
        lines += ["", f"in-sample score in {space.upper()}: {found.score(space):.4g}; 1 is perfect"]
        for name, entropy in entropies.items():
            shown = "n/a" if entropy is None else f"{entropy:.4f} bits"
            lines.append(f"{name:<20}{shown}")
    return "\n".join([*lines, "", *notes])
