"""Checkpoints from the Hugging Face Hub: `hf://owner/repo[/path/to/file][@revision]`.

huggingface_hub does the work: its cache, its token, its retries, its servers. This module says
which files are wanted, how large they may be, and what went wrong. No file format is known here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,  # of whichever client the hub uses
    RepositoryNotFoundError,
    RevisionNotFoundError,
    RevisionResolutionError,
)

from explorer.errors import CheckpointError
from explorer.formats.records import quote
from explorer.formats.trust import Report, Trust, cache_folder, ignore, megabytes

FORM = re.compile(r"hf://([^/@]+/[^/@]+)(?:/([^@]+?))?/*(?:@(.+))?")
SUFFIXES = {".pkl", ".pt", ".pth", ".ckpt", ".bin", ".model", ".safetensors"}
WEIGHTS = "model.safetensors"
CARD = "config.json"
LISTED = 8  # files that a sentence names


@dataclass(frozen=True)
class Place:
    """Where something is on the hub; no file is the repository, no revision its main branch."""

    repo: str
    file: str | None
    revision: str | None

    def __str__(self) -> str:
        parts = self.repo, f"/{self.file}" if self.file else ""
        return f"hf://{''.join(parts)}{f'@{self.revision}' if self.revision else ''}"


def place_of(address: str) -> Place:
    """Take an `hf://` address apart.

    >>> place_of("hf://owner/repo/models/ffhq.pkl@v1")
    Place(repo='owner/repo', file='models/ffhq.pkl', revision='v1')
    """
    match = FORM.fullmatch(address)
    if not match:
        raise CheckpointError(
            f"{quote(address)} names nothing on the hub.",
            fix="Write hf://owner/repo, hf://owner/repo/file or hf://owner/repo/file@revision.",
        )
    return Place(*match.groups())


def fetch_hub(address: str, trust: Trust, report: Report = ignore) -> Path:
    """Fetch the checkpoint at an `hf://` address; without the hub, what its cache has.

    A repository without a file is its model folder, or its only checkpoint.

    Raises:
        CheckpointError: It cannot be had, is not one file, or is too large.
    """
    place = place_of(address)
    with _sentences(place, trust):
        hub = _Hub(place, trust)
        sizes = hub.sizes()
        names = choose(place, sizes)
        total = sum(sizes[name] for name in names)
        if total > trust.limit_bytes:
            raise CheckpointError(
                f"it has {megabytes(total)}, the limit here is {megabytes(trust.limit_bytes)}.",
                fix="Use a smaller file, or start the explorer with a higher limit.",
            )
        paths = hub.download(names, _progress(report, total))
    return paths[0].parent if len(paths) > 1 else paths[0]


def choose(place: Place, sizes: Mapping[str, int]) -> list[str]:
    """Which of the files of a repository are meant: one, or weights with their card."""
    if place.file:
        if place.file not in sizes:
            raise _unclear(f"it has no file {quote(place.file)}", sizes)
        return [place.file]
    if WEIGHTS in sizes:
        return [WEIGHTS, *(name for name in (CARD,) if name in sizes)]
    found = [name for name in sizes if PurePosixPath(name).suffix.lower() in SUFFIXES]
    if len(found) != 1:
        several = f"it has {len(found)} files that may be one" if found else "it has no checkpoint"
        raise _unclear(several, sizes)
    return found


def _unclear(what: str, sizes: Mapping[str, int]) -> CheckpointError:
    names = [name for name in sorted(sizes) if PurePosixPath(name).suffix.lower() in SUFFIXES]
    more = ", ..." if len(names) > LISTED else ""
    listed = ", ".join(quote(name) for name in names[:LISTED])
    return CheckpointError(
        f"{what}; its checkpoints are {listed}{more}." if names else f"{what}.",
        fix="Write hf://owner/repo/file with one of them."
        if names
        else "Choose another repository.",
    )


class _Bar:
    """What huggingface_hub takes for a progress bar; what only draws is left out."""

    tell: Callable[[int], None]  # is given the bytes since the last time

    def __init__(self, **options: object):
        self.total = options.get("total")
        self.n = 0
        resumed = options.get("initial")
        self.update(resumed if isinstance(resumed, int) else 0)

    def update(self, count: int = 1) -> None:
        self.n += count
        self.tell(count)

    def update_transfer(self, count: int) -> None:
        """Bytes on the wire, which `update` tells again once they are written."""

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Speed, as text."""

    set_transfer_postfix_str = set_postfix_str

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def _progress(report: Report, total: int) -> type[_Bar]:
    """A class of bars, as huggingface_hub makes one a file, that add up to one `report`."""
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        report(done, total)

    return type("Bar", (_Bar,), {"tell": staticmethod(tell)})


class _Hub:
    """One commit of one repository."""

    def __init__(self, place: Place, trust: Trust):
        # A visitor has a cache apart: the host's may hold what only its token opens.
        self._cache = None if trust.token else cache_folder(trust) / "hub"
        self._token = None if trust.token else False
        self._repo = place.repo
        self._api = HfApi(token=self._token)
        self._commit = self._api.resolve_revision(
            place.repo, revision=place.revision, cache_dir=self._cache
        )

    def sizes(self) -> dict[str, int]:
        """The files of the repository and their bytes; without the hub, those in the cache."""
        try:
            info = self._api.model_info(
                self._repo, revision=self._commit.resolved, files_metadata=True
            )
        except HfHubHTTPError:
            raise
        except (HTTPError, ConnectionError):
            folder = self._cached()
            return {
                path.relative_to(folder).as_posix(): path.stat().st_size
                for path in folder.rglob("*")
                if path.is_file()
            }
        return {file.rfilename: file.size or 0 for file in info.siblings or ()}

    def _cached(self) -> Path:
        return Path(
            snapshot_download(
                self._repo,
                revision=self._commit,
                cache_dir=self._cache,
                local_files_only=True,
            )
        )

    def download(self, names: list[str], bar: type[_Bar]) -> list[Path]:
        """Fetch the files `names`, unless they are in the cache."""
        return [
            Path(
                hf_hub_download(
                    self._repo,
                    name,
                    revision=self._commit,
                    cache_dir=self._cache,
                    token=self._token,
                    tqdm_class=bar,
                )
            )
            for name in names
        ]


@contextmanager
def _sentences(place: Place, trust: Trust) -> Iterator[None]:
    """Turn what huggingface_hub raises into what a person can act on."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{_shown(place)}: {error.problem}", fix=error.fix) from error
    except (HTTPError, EntryNotFoundError, RevisionResolutionError, OSError, ValueError) as error:
        problem, fix = _explain(error, place, trust)
        raise CheckpointError(f"{_shown(place)}: {problem}.", fix=fix) from error


def _shown(place: Place) -> str:
    return quote(str(place))[1:-1]


def _explain(error: Exception, place: Place, trust: Trust) -> tuple[str, str]:
    """The sentence and the remedy for an error of huggingface_hub."""
    login = "log in with `hf auth login`" if trust.token else "download it yourself"
    match error:
        case GatedRepoError():
            return (
                "its author wants to know who uses it (a gated repository)",
                f"Agree to that on the repository's page, then {login}.",
            )
        case RepositoryNotFoundError():
            return "there is no such repository, or it is private", f"Check the name, or {login}."
        case RevisionNotFoundError():
            return f"it has no revision {quote(place.revision or 'main')}", "Check the revision."
        case HfHubHTTPError():
            status = error.response.status_code
            return f"the hub does not hand it out (status {status})", "Try again later."
        case HFValidationError():
            return "the hub has no such names", "Write hf://owner/repo/file."
        case HTTPError() | EntryNotFoundError() | RevisionResolutionError():
            return (
                "the hub cannot be reached, and it is not in the cache",
                "Check the connection, then try again.",
            )
    return f"it cannot be fetched: {quote(str(error))}", "Try again, or download it yourself."
