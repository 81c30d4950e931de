"""What is written can be read again by others' code, at the right length, size and colours."""

import resource
import subprocess
import sys

import av
import numpy as np
import pytest
from PIL import Image

from explorer.errors import FilmError
from explorer.video import FORMATS, Look, Video

COLOURS = ((230, 40, 40), (40, 200, 60), (30, 60, 220))


def frames(count, size=(48, 64)):
    """Plain colours that take turns."""
    for number in range(count):
        yield np.full((*size, 3), COLOURS[number % 3], np.uint8)


def written(path, look, pictures):
    with Video(path, look) as video:
        for pixels in pictures:
            video.write(pixels)
    return path


def test_an_mp4_is_h264_with_the_right_size_rate_and_duration(tmp_path):
    path = written(tmp_path / "a.mp4", Look("mp4", (96, 64), fps=30), frames(45))
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate) == (96, 64, 30)
        assert container.duration / 1e6 == pytest.approx(1.5)
        assert sum(1 for _ in container.decode(stream)) == 45


def test_the_colours_of_an_mp4_are_those_of_the_pictures(tmp_path):
    path = written(tmp_path / "a.mp4", Look("mp4", (64, 48), quality=95), frames(3))
    with av.open(str(path)) as container:
        for frame, colour in zip(container.decode(video=0), COLOURS, strict=True):
            assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
            seen = frame.to_ndarray(format="rgb24").mean((0, 1))
            np.testing.assert_allclose(seen, colour, atol=4)


def test_odd_sides_of_an_mp4_are_rounded_up(tmp_path):
    path = written(tmp_path / "a.mp4", Look("mp4", (65, 49)), frames(2))
    with av.open(str(path)) as container:
        assert (container.streams[0].width, container.streams[0].height) == (66, 50)


@pytest.mark.parametrize("format", ["webp", "gif"])
@pytest.mark.parametrize("fps", [10, 30])
def test_webp_and_gif_loop_with_the_right_size_colours_and_duration(tmp_path, format, fps):
    path = written(tmp_path / f"a.{format}", Look(format, (65, 49), fps=fps), frames(30))
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == (format.upper(), (65, 49))
        assert (picture.n_frames, picture.info["loop"]) == (30, 0)
        milliseconds = 0
        for number in range(30):
            picture.seek(number)
            picture.load()
            milliseconds += picture.info["duration"]
            seen = np.asarray(picture.convert("RGB")).mean((0, 1))
            np.testing.assert_allclose(seen, COLOURS[number % 3], atol=6)
    assert milliseconds == pytest.approx(30_000 / fps, abs=35)


@pytest.mark.parametrize("format", FORMATS)
def test_frames_are_enlarged_smoothly(tmp_path, format):
    half = np.zeros((16, 16, 3), np.uint8)
    half[:, 8:] = 255
    path = written(tmp_path / "a", Look(format, (128, 128)), [half, half])
    if format == "webp":  # which FFmpeg writes but cannot read
        row = np.asarray(Image.open(path).convert("RGB"))[64, :, 0].astype(int)
    else:
        with av.open(str(path)) as container:
            row = next(container.decode(video=0)).to_ndarray(format="rgb24")[64, :, 0].astype(int)
    assert row[40] < 30 and row[88] > 225
    assert 80 < row[63:65].mean() < 175  # an edge of blocks would have no middle


@pytest.mark.parametrize("format", FORMATS)
def test_better_quality_is_more_bytes_where_there_is_one(tmp_path, format):
    noise = np.random.RandomState(0).randint(0, 255, (64, 64, 3)).astype(np.uint8)
    sizes = [
        written(tmp_path / f"{quality}", Look(format, (64, 64), quality=quality), [noise] * 3)
        .stat()
        .st_size
        for quality in (10, 85, 100)
    ]
    assert sizes == sorted(sizes)
    assert format == "gif" or len(set(sizes)) == 3


def test_a_video_that_is_not_finished_leaves_nothing_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with pytest.raises(KeyError), Video(path, Look("mp4", (64, 48))) as video:
        video.write(next(frames(1)))
        raise KeyError
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"format": "avi"}, "not written as 'avi'. Choose mp4, webp or gif"),
        ({"size": (8, 64)}, "8 x 64 pixels cannot be made. Choose sides of 16 to 4096"),
        ({"size": (64, 5000)}, "64 x 5000 pixels"),
        ({"format": "gif", "fps": 60}, "A GIF cannot show 60 frames a second. Choose up to 50"),
        ({"quality": 0}, "no quality 0"),
    ],
)
def test_a_look_that_cannot_be_had_is_one_sentence(more, sentence):
    with pytest.raises(FilmError, match=sentence):
        Look(**{"format": "mp4", "size": (64, 64), **more})


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(FilmError, match=r"a.mp4 cannot be written: No such file"):
        Video(tmp_path / "gone" / "a.mp4", Look("mp4", (64, 64)))


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, format):
    """A limit on the size of files stands for the full disk."""
    noise = np.random.RandomState(0).randint(0, 255, (8, 128, 128, 3)).astype(np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(FilmError, match=r"a cannot be written: File too large. Choose another"):
            written(tmp_path / "a", Look(format, (128, 128)), [*noise, *noise])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


GROWTH = """
import sys
from pathlib import Path
import numpy as np
from benchmarks.memory import memory
from explorer.video import Look, Video

format, path = sys.argv[1:]
random = np.random.RandomState(0)
some = random.randint(0, 256 if format != "gif" else 6, (8, 128, 128, 3)).astype(np.uint8)
with Video(Path(path), Look(format, (128, 128), quality=70)) as video:
    for number in range(500):
        video.write(some[number % 8])
        if number == 100:
            before = memory("VmHWM")
print(memory("VmHWM") - before)
"""


@pytest.mark.parametrize("format", FORMATS)
def test_memory_does_not_grow_with_the_length(tmp_path, format):
    """From 100 frames on, when the encoder has what it needs; the files have several MB."""
    path = tmp_path / f"a.{format}"
    command = [sys.executable, "-c", GROWTH, format, str(path)]
    grown = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert path.stat().st_size > 1_000_000
    assert grown < 1_500_000
