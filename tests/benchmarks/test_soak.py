from benchmarks.design_stylegan2 import generator
from benchmarks.memory import memory, peak_mb
from benchmarks.soak import soak


def test_a_soak_draws_until_its_time_is_over_and_tells_the_memory():
    figures = soak(generator(8), "float32", seconds=0.3)
    assert list(figures) == ["pictures", "peak_mb", "rss_start_mb", "rss_end_mb"]
    assert figures["pictures"] >= 2
    assert figures["peak_mb"] >= figures["rss_end_mb"] > 1


def test_what_is_in_memory_is_at_most_what_was():
    assert 1 < memory("VmRSS") / 1e6 <= peak_mb()
