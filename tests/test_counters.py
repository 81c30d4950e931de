import re

import pytest

from explorer.counters import Counters, Metric, exposition, gauge, resident_memory

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{((?:[a-z_]+="[^"\\\n]*",?)*)\}})? (\S+)')


def parsed(text):
    """{(name, labels): value} of a page in Prometheus' text format 0.0.4, or an error."""
    assert text.endswith("\n")
    kinds, samples = {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert re.fullmatch(rf"# HELP {NAME} \S.*", line)
        elif line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in kinds and kind in ("counter", "gauge")
            kinds[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert name in kinds, "a sample comes after its type"
            assert kinds[name] == "gauge" or name.endswith("_total")
            key = (name, tuple(re.findall(r'([a-z_]+)="([^"]*)"', labels or "")))
            assert key not in samples
            samples[key] = float(value)
    return samples


def numbers(counters):
    return parsed(exposition(counters.metrics()))


def test_every_kind_of_answer_is_there_from_the_start_at_0():
    found = numbers(Counters())
    assert len(found) == 2 * 7 + 2
    assert set(found.values()) == {0}


def test_answers_and_drawings_are_counted():
    counters = Counters()
    for _ in range(3):
        counters.answered("live", "drawn")
    counters.answered("rest", "busy")
    counters.drew(4, 0.5)
    counters.drew(1, 0.25)
    found = {key: value for key, value in numbers(counters).items() if value}
    assert found == {
        ("latent_explorer_requests_total", (("kind", "live"), ("outcome", "drawn"))): 3,
        ("latent_explorer_requests_total", (("kind", "rest"), ("outcome", "busy"))): 1,
        ("latent_explorer_drawn_total", ()): 5,
        ("latent_explorer_drawing_seconds_total", ()): 0.75,
    }


def test_labels_are_written_as_prometheus_reads_them():
    metric = Metric("a_total", "counter", "About.", {(("x", "1"), ("y", "2")): 1.5})
    assert exposition([metric]).splitlines()[2] == 'a_total{x="1",y="2"} 1.5'
    assert parsed(exposition([metric])) == {("a_total", (("x", "1"), ("y", "2"))): 1.5}


def test_the_memory_of_the_process_is_told_where_the_system_tells_it(tmp_path):
    statm = tmp_path / "statm"
    statm.write_text("100 3 1 1 0 1 0\n")
    [metric] = resident_memory(statm)
    assert metric.samples[()] % 3 == 0 and metric.samples[()] >= 3 * 4096
    for damaged in ("", "100", "a b c"):
        statm.write_text(damaged)
        assert list(resident_memory(statm)) == []
    assert list(resident_memory(tmp_path / "none")) == []


@pytest.mark.parametrize("value, text", [(2, "2"), (0.1, "0.1"), (1e-9, "1e-09")])
def test_a_gauge_is_one_number(value, text):
    assert exposition([gauge("waiting", "In line.", value)]).endswith(f"waiting {text}\n")
