"""Driving the lab as the page does, and a classifier whose answers are known."""

import base64
import json
from dataclasses import dataclass, replace

import numpy as np

from explorer.directions.direction import Step
from explorer.sampling import Sampler
from explorer.ui.bench import Bench
from explorer.ui.jobs import Jobs
from explorer.ui.lab import make_lab
from tests.onnx_networks import small

HOSTILE = "<img src=x onerror=alert(1)>"
NAMES = ("bright", "warm", "green")
SEEDS = 300


def colours_of(generator, seeds=range(SEEDS)):
    """The mean colours [N, 3] of pictures at psi 1, as a screen shows them."""
    images = [image.mean((2, 3)) for image in Sampler(generator).pictures(seeds)]
    return np.concatenate([image.double().numpy() for image in images])


def judge(colours, names=NAMES):
    """A classifier whose logits are the principal components of mean colours [N, 3], of size 1."""
    mean = colours.mean(0)
    values, axes = np.linalg.eigh(np.cov(colours.T))
    weight = (axes / np.sqrt(values)).T[::-1]
    attributes = [{"name": name, "kind": "binary"} for name in names]
    return small.classifier(weight, -weight @ mean, attributes=attributes)


@dataclass(frozen=True)
class Lab:
    """A visitor at the lab."""

    bench: Bench
    jobs: Jobs
    visitor: str = "anna"
    is_open: bool = True

    def of(self, visitor):
        """The same lab for somebody else."""
        return replace(self, visitor=visitor)

    def body(self, kind, **more):
        return {"kind": kind, "ticket": 7, "visitor": self.visitor, "recipe": {}, **more}

    def start(self, body, file=None):
        """The replies as they come."""
        return make_lab(self.bench, self.jobs, self.is_open)(body, file and str(file))

    def answer(self, body, file=None):
        """The last reply, after progress that rises from 0 to 1; all of them are plain JSON."""
        replies = list(self.start(body, file))
        for reply in replies:
            assert json.loads(json.dumps(reply, allow_nan=False)) == reply
        *news, last = replies
        shares = [one["progress"] for one in news]
        assert all(0 <= share <= 1 for share in shares) and shares == sorted(shares)
        assert all(one["left"] >= 0 and one["ticket"] == last["ticket"] for one in news)
        return last

    def result(self, kind, file=None, **more):
        last = self.answer(self.body(kind, **more), file)
        assert last.keys() == {"ticket", "kind", "result"}, last
        assert (last["ticket"], last["kind"]) == (7, kind)
        return last["result"]

    def problem(self, kind, file=None, **more):
        """The sentence in place of a result."""
        last = self.answer(self.body(kind, **more), file)
        assert last.keys() == {"ticket", "problem"}, last
        assert last["problem"].endswith(".") and "\n" not in last["problem"]
        return last["problem"]


def step_on(wire):
    """The step that a direction on its way to the page holds."""
    numbers = np.frombuffer(base64.b64decode(wire["data"]), "<f2").reshape(wire["shape"])
    return Step(wire["space"], numbers.astype(np.float16))


def cosine(a, b):
    a, b = (np.ravel(np.asarray(one, np.float64)) for one in (a, b))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def last_w(generator, seeds):
    """The untruncated w [N, D] of the last layer."""
    return Sampler(generator).w(seeds)[:, -1].double().numpy()
