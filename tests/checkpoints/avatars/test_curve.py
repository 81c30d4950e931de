"""The course of a training: snapshots measured against held-out renders, and drawn."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch

from checkpoints.avatars import curve, state
from checkpoints.avatars.classifier import Classifier, to_onnx
from checkpoints.avatars.curve import Point, as_svg
from explorer.formats import load
from explorer.sampling import Sampler


@pytest.fixture
def features(tmp_path, random):
    path = tmp_path / "features.onnx"
    path.write_bytes(to_onnx(Classifier(3, random).eval(), "abc", "abc"))
    return path


def test_a_snapshot_that_draws_the_renders_themselves_is_at_distance_0(
    tmp_path, tiny_state, features
):
    snapshots = tmp_path / "snapshots"
    state.save(tiny_state, snapshots / "1.5", {})
    with torch.no_grad():
        for parameter in tiny_state.average.synthesis.parameters():
            parameter.add_(0.3)
    state.save(tiny_state, snapshots / "3", {})
    batches = list(Sampler(load(snapshots / "3")).pictures(range(96)))
    pixels = (torch.cat(batches) * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    np.save(tmp_path / "real.npy", pixels.permute(0, 2, 3, 1).numpy())
    real = ["--real", str(tmp_path / "real.npy"), "--features", str(features)]
    out = ["--samples", "96", "--out", str(tmp_path)]
    assert curve.main([str(snapshots), *real, *out]) == 0
    (early, far), (late, near) = json.loads((tmp_path / "curve.json").read_text())
    assert (early, late) == (1.5, 3.0)
    assert near == pytest.approx(0, abs=1e-3)
    assert far > near
    assert ET.parse(tmp_path / "curve.svg").getroot().tag.endswith("svg")


def test_the_curve_falls_on_the_page_where_the_distance_falls():
    root = ET.fromstring(as_svg([Point(200, 4.0), Point(210, 1.0), Point(220, 2.0)]))
    line = next(part for part in root if part.tag.endswith("polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x0 < x1 < x2
    assert y0 < y2 < y1  # downwards is less


def test_a_folder_without_snapshots_is_named(tmp_path, capsys):
    assert curve.main([str(tmp_path), "--real", "real.npy"]) == 1
    assert "no snapshots" in capsys.readouterr().err
