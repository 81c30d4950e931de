import re

import numpy as np
from PIL import Image

from checkpoints.avatars.progress import Log, draw_grid, write_grid


def test_a_line_tells_the_means_since_the_last():
    log = Log()
    log.add({"G": 1.0, "R1": 4.0}, images=16)
    log.add({"G": 2.0}, images=16)
    line = log.line(seen=12_340, fade=0.5)
    assert re.match(r"12\.3 kimg, \d+\.\d\d images/s, ", line)
    assert line.endswith("fade 0.50: G 1.500 R1 4.000")
    log.add({"G": 7.0}, images=16)
    assert log.line(seen=12_356, fade=1.0).endswith("fade 1.00: G 7.000")


def test_the_grid_is_the_same_pictures_each_time(tiny_state, tmp_path):
    page = draw_grid(tiny_state.average)
    assert page.shape == (5 * 8, 8 * 8, 3)
    write_grid(tiny_state.average, tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as picture:
        assert np.array_equal(np.asarray(picture), page)
