"""The README says what is true: its tree, its flags, its commands, its Python."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import app
from explorer import cli
from explorer.formats import foreign, inspect, native
from explorer.formats.checkpoint import FAMILIES
from tests.networks import golden

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WIDTH = 27  # columns before the phrase


def section(name: str) -> str:
    """The fenced text between <!-- name --> and <!-- /name -->."""
    match = re.search(rf"<!-- {name} -->\n```\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    assert match, f"README.md has no section {name}"
    return match[1]


def phrase_of(path: Path) -> str:
    """The first line of a file's docstring or leading comment."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        first = (ast.get_docstring(ast.parse(text)) or "").splitlines()[0]
    else:
        first = text.splitlines()[0].lstrip("/* ").removesuffix("*/").strip()
    return first.removesuffix(".")


def tree() -> str:
    """The files of the program with one phrase each, as the README is to show them."""
    lines = [f"{'app.py':<{WIDTH}}{phrase_of(ROOT / 'app.py')}"]
    for folder in ("explorer", "benchmarks"):
        lines += folder_lines(ROOT / folder, 0)
    # What else lies in checkpoints/ is not the program's.
    lines += ["checkpoints/", *folder_lines(ROOT / "checkpoints" / "avatars", 1)]
    return "\n".join(lines) + "\n"


def folder_lines(folder: Path, depth: int) -> list[str]:
    about = phrase_of(folder / "__init__.py") if (folder / "__init__.py").exists() else ""
    lines = [f"{'  ' * depth + folder.name + '/':<{WIDTH}}{about}".rstrip()]
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.is_dir() and path.name != "__pycache__":
            lines += folder_lines(path, depth + 1)
        elif path.suffix in (".py", ".js", ".css") and path.name != "__init__.py":
            lines.append(f"{'  ' * (depth + 1) + path.name:<{WIDTH}}{phrase_of(path)}")
    return lines


def test_the_tree_in_the_readme_is_the_real_tree():
    assert section("tree") == tree()


def test_the_flags_in_the_readme_are_those_of_app_py():
    shown = set(re.findall(r"^(--[a-z-]+)", section("flags"), re.MULTILINE))
    real = {option for action in app.arguments()._actions for option in action.option_strings}
    assert shown == {option for option in real if option.startswith("--")} - {"--help"}


def test_the_commands_in_the_readme_are_those_that_help_lists(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    listed = re.findall(r"^    (\w+ {2,}\S.*)$", capsys.readouterr().out, re.MULTILINE)
    assert section("commands").splitlines() == listed
    assert len(listed) == 11


def test_the_two_commands_name_files_that_exist():
    commands = re.findall(r"^pip install -r (\S+) && python (.*)$", README, re.MULTILINE)
    assert commands == [("requirements.txt", "app.py"), ("requirements-dev.txt", "-m pytest")]
    assert all((ROOT / name).is_file() for name, _ in commands)


def test_the_command_line_of_the_readme_draws_the_same_bytes_twice(tmp_path, monkeypatch, capsys):
    """Once in a process of its own, as a person does it, and once in this one."""
    first, *others = re.findall(r"^python -m explorer (.*)$", README, re.MULTILINE)[:3]
    subprocess.run(
        [sys.executable, "-m", "explorer", *first.split()],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    monkeypatch.chdir(tmp_path)
    for line in others:
        command, _, target = line.partition(" > ")
        assert cli.main(command.split()) == 0
        if target:
            Path(target).write_text(capsys.readouterr().out)
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_the_python_of_the_readme_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code
    scope = {"z": torch.zeros(1, 256)}
    exec(code[1], scope)
    assert scope["image"].shape == (1, 3, 128, 128)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_file_that_the_readme_links_to_exists(link):
    assert (ROOT / link).is_file()


def word_of(family: str) -> str:
    """How the README calls a family of files."""
    return "state dict" if "state dict" in family else family.removeprefix("NVIDIA ").split()[0]


def test_the_readme_tells_families_checked_against_their_code_from_the_others():
    """Checked is what a reference file is of: those were written by their peers' own code."""
    table = README.partition("## What opens\n")[2].partition("\n\nand this")[0]
    columns = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
    checked, unchecked = (" ".join(column) for column in zip(*columns, strict=True))
    references = {inspect(golden.checkpoint(name)).family for name in golden.ALL}
    none = {family.name for family in (native.FAMILY, *foreign.FAMILIES)}
    others = {family.name for family in FAMILIES} - references - none
    assert [family for family in references if word_of(family) not in checked] == []
    assert [family for family in others if word_of(family) not in unchecked] == []


def test_no_file_in_plain_git_is_over_10_mb():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    sizes = [(ROOT / name).stat().st_size for name in names.stdout.decode().split("\0") if name]
    assert max(sizes) < 10_000_000


def test_every_test_that_backs_a_promise_exists():
    promises = re.search(r"<!-- promises -->(.*?)<!-- /promises -->", README, re.DOTALL)
    assert promises
    rows = [row for row in promises[1].splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(tests/[a-z0-9_/]+\.py)::(test_\w+)`", row)
        assert named, f"no test is named in: {row}"
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"
