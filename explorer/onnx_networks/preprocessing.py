"""How a network wants its pictures: their size, their colours, their numbers."""

from typing import Annotated, Literal

import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from explorer.errors import ExplorerError

SMALLEST, LARGEST = 4, 1024  # pixels a side

Side = Annotated[int, Field(ge=SMALLEST, le=LARGEST)]
Share = Annotated[float, Field(gt=0)]


class Preprocessing(BaseModel):
    """How a network wants its pictures: FILE.json beside FILE.onnx.

    Args:
        size: (height, width) in pixels; None takes what the input says, or the picture as it is.
        range: What black and white are, before `mean` and `std`.
        mean: Taken from each channel, in the order of `channels`.
        std: Each channel is divided by it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    size: tuple[Side, Side] | None = None
    range: tuple[float, float] = (-1.0, 1.0)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[Share, Share, Share] = (1.0, 1.0, 1.0)
    channels: Literal["RGB", "BGR"] = "RGB"

    def __call__(self, images: Tensor) -> Tensor:
        """Bring images [N, 3, H, W], RGB in [-1, 1], into the network's form."""
        x = images if self.size is None else resized(images, self.size)
        low, high = self.range
        x = (x + 1) * ((high - low) / 2) + low
        if self.channels == "BGR":
            x = x.flip(1)
        return (x - x.new_tensor(self.mean)[:, None, None]) / x.new_tensor(self.std)[:, None, None]


def preprocessing_of(data: bytes, name: str) -> Preprocessing:
    """The preprocessing that the JSON file called `name` asks for.

    Raises:
        ExplorerError: It asks for something else.
    """
    try:
        return Preprocessing.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ExplorerError(
            f"{name} is no description of a preprocessing: {where}: {first['msg']}.",
            fix="It may hold size, range, mean, std and channels.",
        ) from error


def resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images [N, C, H, W] at (height, width): means of areas where smaller, else bilinear."""
    if tuple(images.shape[2:]) == size:
        return images
    if size[0] <= images.shape[2] and size[1] <= images.shape[3]:
        return F.interpolate(images, size, mode="area")
    return F.interpolate(images, size, mode="bilinear", align_corners=False)
