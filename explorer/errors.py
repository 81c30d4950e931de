"""The errors this package raises on purpose.

    ExplorerError
      CheckpointError   a file is missing, unreadable, or not a generator
      ModelError        a model is not here, not loaded, or does not fit
      LatentError       a latent has the wrong shape, layer or value
      RecipeError       a recipe cannot be read, or is not for this model
      DirectionError    a direction is malformed, not here, or not for this model
      AnalysisError     too little data, or data that say nothing
      BusyError         too many want the same at once
      FilmError         a film cannot be made as asked, or not be written

Anything else that escapes is a bug, and keeps its traceback.
"""


class ExplorerError(Exception):
    """Base of every error that a person can cause and put right.

    An error cannot be raised without saying what to do about it: `problem` tells what is wrong
    and where, `fix` tells the next step. Both are shown as they stand, as text.
    """

    def __init__(self, problem: str, *, fix: str):
        super().__init__(f"{problem} {fix}")
        self.problem = problem
        self.fix = fix


class CheckpointError(ExplorerError):
    """A checkpoint cannot be read as a generator."""


class ModelError(ExplorerError):
    """A model is not available under the asked name or hash, or does not fit in memory."""


class LatentError(ExplorerError):
    """A latent, a label or a layer cannot be used as asked."""


class RecipeError(ExplorerError):
    """A recipe is malformed, from a newer version, or does not fit its model."""


class DirectionError(ExplorerError):
    """A direction of a latent space is malformed, not known here, or of another model."""


class AnalysisError(ExplorerError):
    """An analysis cannot be run on the given data."""


class BusyError(ExplorerError):
    """Too many people want something at once; it is nobody's mistake."""


class FilmError(ExplorerError):
    """A film has too few keyframes, impossible numbers, or cannot be encoded or written."""
