"""The Dockerfile, read as Docker reads it; there is no Docker here to build it with."""

import json
import re
import shlex
from pathlib import Path

import app

ROOT = Path(__file__).parents[2]


def instructions():
    """[(instruction, its text)] of the Dockerfile, lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(" ", 1)) for line in lines]


def text_of(name):
    """The text of the only instruction of that name."""
    [text] = [text for instruction, text in instructions() if instruction == name]
    return text


def test_it_starts_from_a_python_that_the_program_runs_on():
    version = re.fullmatch(r"python:3\.(\d+)-slim", text_of("FROM"))
    assert version and int(version[1]) >= 10
    assert f'python_version: "3.{version[1]}"' in (ROOT / "README.md").read_text()


def test_it_installs_the_requirements_without_a_cache_before_the_code_changes():
    found = instructions()
    [install] = [i for i, (_, text) in enumerate(found) if "pip install" in text]
    words = shlex.split(found[install][1])
    assert "--no-cache-dir" in words and words[-2:] == ["-r", "requirements.txt"]
    assert found[install - 1] == ("COPY", "requirements.txt .")
    assert found.index(("COPY", "explorer explorer")) > install


def test_everything_that_is_copied_exists_and_is_sent_to_docker():
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [w for name, text in instructions() if name == "COPY" for w in text.split()[:-1]]
    assert set(copied) == {"requirements.txt", "app.py", "LICENSE", "explorer", "checkpoints"}
    assert sent[0] == "*" and {line[1:] for line in sent if line[0] == "!"} == set(copied)
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_as_a_person_without_rights():
    names = [name for name, _ in instructions()]
    assert text_of("USER") == "explorer"
    assert any("useradd" in text and text.endswith(" explorer") for _, text in instructions())
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert [name for name in names[names.index("USER") :] if name in ("RUN", "COPY")] == []


def test_its_command_is_one_that_the_program_understands_and_listens_outside():
    program, file, *words = json.loads(text_of("ENTRYPOINT"))
    assert (program, file) == ("python", "app.py")
    options = app.arguments().parse_args([*words, "--checkpoint", "/models"])
    assert (options.host, str(options.port)) == ("0.0.0.0", text_of("EXPOSE"))
    assert not options.share


def test_its_health_is_asked_of_the_port_that_it_serves():
    _, _, command = text_of("HEALTHCHECK").partition("CMD ")
    program, flag, code = json.loads(command)
    assert (program, flag) == ("python", "-c")
    compile(code, "Dockerfile", "exec")
    assert f"127.0.0.1:{text_of('EXPOSE')}/" in code
