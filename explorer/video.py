"""Writing moving pictures: MP4 (H.264), animated WebP and GIF, frame by frame to the disk.

Nothing of a frame is kept once it is encoded, so memory does not grow with the length. Where the
frames come from, this module does not know.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, BinaryIO, Literal, get_args

import av
import numpy as np
from PIL import Image

from explorer.errors import FilmError
from explorer.pixels import Pixels

Format = Literal["mp4", "webp", "gif"]
FORMATS: tuple[Format, ...] = get_args(Format)

LEAST_SIDE, MOST_SIDE = 16, 4096
GIF_FPS = 50  # browsers show a frame that asks for less than 2/100 s for 10/100 s
PALETTE_SIDE = 128  # pixels of the reduced frame out of which a GIF's colours are chosen
BT709 = 1  # the number of its colours in H.264 (ITU-T H.273, tables 2 to 4)
TV_RANGE = 1  # 16 to 235, FFmpeg's number for it


@dataclass(frozen=True)
class Kind:
    """How a format is encoded.

    Args:
        codec: FFmpeg's name of the encoder.
        pixels: FFmpeg's name of the form in which it takes them.
        container: Options of the file.
    """

    codec: str
    pixels: str
    container: Mapping[str, str]


KINDS: Mapping[Format, Kind] = MappingProxyType(
    {
        "mp4": Kind("libx264", "yuv420p", MappingProxyType({})),
        "webp": Kind("libwebp", "yuv420p", MappingProxyType({"loop": "0"})),
        "gif": Kind("gif", "pal8", MappingProxyType({"loop": "0"})),
    }
)


@dataclass(frozen=True)
class Look:
    """What a video looks like.

    Args:
        size: (width, height) in pixels. Those of an MP4 are rounded up to even numbers, which its
            halved colours need.
        fps: Frames a second.
        quality: 1 to 100, as of a JPEG; a GIF has none.

    Raises:
        FilmError: A number is out of range.
    """

    format: Format
    size: tuple[int, int]
    fps: int = 30
    quality: int = 85

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise FilmError(
                f"Videos are not written as {str(self.format)[:20]!r}.",
                fix="Choose mp4, webp or gif.",
            )
        if not all(LEAST_SIDE <= side <= MOST_SIDE for side in self.size):
            raise FilmError(
                f"A video of {self.size[0]} x {self.size[1]} pixels cannot be made.",
                fix=f"Choose sides of {LEAST_SIDE} to {MOST_SIDE}.",
            )
        if self.format == "gif" and self.fps > GIF_FPS:
            raise FilmError(
                f"A GIF cannot show {self.fps} frames a second.", fix=f"Choose up to {GIF_FPS}."
            )
        if not 1 <= self.quality <= 100:
            raise FilmError(f"There is no quality {self.quality}.", fix="Choose 1 to 100.")

    @property
    def pixels(self) -> tuple[int, int]:
        """(width, height) of the file."""
        if self.format != "mp4":
            return self.size
        return self.size[0] + self.size[0] % 2, self.size[1] + self.size[1] % 2


class Video:
    """A file that is being written; use as a context manager.

    It is there, under its name, once the block ends; if it ends with an exception, nothing is.

    Raises:
        FilmError: There is no encoder, or the place cannot be written.
    """

    def __init__(self, path: Path, look: Look):
        self._path, self._look = path, look
        self._count = 0
        self._part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            # A file of Python's: FFmpeg's own does not tell that the disk is full.
            self._file = self._part.open("x+b", buffering=0)
        except OSError as error:
            raise _unwritten(path, error) from error
        try:
            self._container, self._stream = _opened(self._file, look)
        except BaseException:
            self._drop()
            raise

    def __enter__(self) -> "Video":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            self._abandon()

    def write(self, pixels: Pixels) -> None:
        """Add one frame [H, W, 3] of any size; it is brought to that of the video by Lanczos.

        Raises:
            FilmError: The disk is full.
        """
        frame = _frame(_resized(pixels, self._look.pixels), self._look.format)
        frame.pts, frame.time_base = self._count, Fraction(1, self._look.fps)
        self._count += 1
        self._encode(frame)

    def _encode(self, frame: Any) -> None:
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        except (OSError, av.FFmpegError) as error:
            raise _unwritten(self._path, error) from error

    def _finish(self) -> None:
        self._encode(None)  # what the encoder still holds
        try:
            self._container.close()
            self._file.close()
            os.replace(self._part, self._path)
        except (OSError, av.FFmpegError) as error:
            raise _unwritten(self._path, error) from error

    def _abandon(self) -> None:
        """Leave nothing behind of what is not finished."""
        try:
            self._container.close()
        except (OSError, av.FFmpegError):
            pass  # the reason is on its way already
        finally:
            self._drop()

    def _drop(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


def _opened(file: BinaryIO, look: Look) -> tuple[Any, Any]:
    """A container and its one stream."""
    kind = KINDS[look.format]
    try:
        container = av.open(file, "w", format=look.format, options=dict(kind.container))
        stream: Any = container.add_stream(
            kind.codec, rate=look.fps, options=_options(look.format, look.quality)
        )
    except (OSError, ValueError, av.FFmpegError) as error:  # an unknown codec is a ValueError
        raise FilmError(
            f"This machine's PyAV cannot encode {look.format} ({kind.codec}).",
            fix="Choose another format, or install PyAV's own wheel with pip.",
        ) from error
    stream.width, stream.height = look.pixels
    stream.pix_fmt = kind.pixels
    if look.format == "mp4":
        # Said, because players guess otherwise, and guess by size.
        coded = stream.codec_context
        coded.colorspace = coded.color_primaries = coded.color_trc = BT709
        coded.color_range = TV_RANGE
    return container, stream


def _options(format: Format, quality: int) -> dict[str, str]:
    if format == "mp4":
        # x264's factor: 18 cannot be told from the original, 51 is the worst.
        factor = 18 + (85 - quality) * 33 / 84 if quality < 85 else 18 - (quality - 85) * 8 / 15
        return {"preset": "veryfast", "crf": f"{factor:.1f}"}
    if format == "webp":
        return {"quality": str(quality), "compression_level": "2"}
    # FFmpeg would leave out what is the same number as before, though colours have changed.
    return {"gifflags": "-offsetting-transdiff"}


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    height, width, _ = pixels.shape
    if (width, height) == size:
        return np.ascontiguousarray(pixels)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _frame(pixels: Pixels, format: Format) -> Any:
    if format == "gif":
        with_colours: Any = _indexed(pixels)
        return av.VideoFrame.from_ndarray(with_colours, format="pal8")
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    if format == "webp":
        return frame.reformat(format="yuv420p")
    return frame.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=TV_RANGE)


def _indexed(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Numbers [H, W] of 256 colours, and the colours [256, 4] as alpha, red, green, blue.

    Each frame has its own colours. Not dithered: what stands still must not flicker.
    """
    picture = Image.fromarray(pixels)
    small = picture.copy()
    small.thumbnail((PALETTE_SIDE, PALETTE_SIDE), Image.Resampling.BOX)
    chosen = small.quantize(256, method=Image.Quantize.MEDIANCUT)
    found = picture.quantize(palette=chosen, dither=Image.Dither.NONE)
    colours = np.full((256, 4), 255, np.uint8)
    listed = np.array(found.getpalette("RGB"), np.uint8).reshape(-1, 3)[:256]
    colours[: len(listed), 1:] = listed
    return np.array(found), colours


def _unwritten(path: Path, error: OSError | av.FFmpegError) -> FilmError:
    return FilmError(
        f"{path.name} cannot be written: {error.strerror}.",
        fix="Choose another place, or make room there.",
    )
