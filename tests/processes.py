"""Python processes of their own that need not wait for torch: forked from one that has imported it.

For what must be tried from the start, such as a library that reads the environment when it is
imported. Nothing of the explorer and of huggingface_hub is imported before the fork.
"""

import importlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

HEAVY = [
    *("torch", "safetensors.torch", "pydantic", "PIL.Image", "httpx", "yaml", "filelock"),
    *("sklearn.model_selection", "sklearn.svm", "scipy.stats"),
]


def context() -> ForkServerContext:
    """Starts processes that have imported what is heavy."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(HEAVY)
    return found


def run(
    place: str, *words: str, env: Mapping[str, str], cwd: Path, timeout: float = 100.0
) -> CompletedProcess[str]:
    """Call the function at `place`, written module:name, with `words` and nothing else but `env`.

    Args:
        timeout: Seconds, after which the process is killed and a TimeoutExpired raised.

    Returns:
        As of `subprocess.run` with text; what the function returns is the exit code.
    """
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(scratch) / name for name in ("out", "err")]
        arguments = (place, words, dict(env), cwd, *files)
        process = context().Process(target=_work, args=arguments, daemon=True)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise TimeoutExpired([place, *words], timeout)
        out, err = (file.read_text() for file in files)
    return CompletedProcess([place, *words], process.exitcode, out, err)


def _work(
    place: str, words: tuple[str, ...], env: dict[str, str], cwd: Path, out: Path, err: Path
) -> None:
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        stream.flush()
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream.fileno())
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    module, _, name = place.partition(":")
    sys.exit(getattr(importlib.import_module(module), name)(list(words)))
