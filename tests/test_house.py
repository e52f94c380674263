"""The repository keeps its own promises: every file says what it is for, is short, and names nobody's machine."""

import ast
import re
import socket
from pathlib import Path

import pytest

from handlers.understand import Understander, lint_examples
from models.campaign import lint, load
from tests.overview import FOLDERS, HOUSE, ROOT, files, modules, with_overview


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_every_module_belongs_to_one_of_the_folders() -> None:
    assert {file.relative_to(ROOT).parts[0] for file in modules()} <= set(FOLDERS)


@pytest.mark.parametrize("file", modules(), ids=name)
def test_a_module_begins_with_one_sentence_and_is_short(file: Path) -> None:
    code = file.read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(code)) or "").split("\n\n")[0]
    assert re.fullmatch(r"\S.*[.…:]", first, re.DOTALL), "the first sentence is missing"
    assert len(first) <= 240, "the first sentence is long"
    assert len(code.splitlines()) <= 300, "more than 300 lines: a subject that outgrows a file becomes a folder"


# Written so that this file does not find itself.
ELSEWHERE = re.compile(
    r"(?<![\w./~-])/(home|root|work|Users)/\w"  # somebody's own folders
    r"|\b(pypi|pythonhosted|npmjs|debian)\.(org|com)\b",  # registries: which one is used is the machine's business
)


@pytest.mark.parametrize("file", files(), ids=name)
def test_a_file_names_nobody_s_machine(file: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # a picture
    assert [match.group() for match in ELSEWHERE.finditer(text)] == []


def test_an_exception_from_a_check_gives_its_reason() -> None:
    silent = re.compile(r"# (noqa|type: ignore)(: ?[A-Z0-9, ]+|\[[a-z-, ]+\])?\s*$")
    found = [
        f"{name(file)}: {line}" for file in modules() for line in file.read_text().splitlines() if silent.search(line)
    ]
    assert found == []


def test_the_file_overview_is_up_to_date() -> None:
    told = HOUSE.read_text(encoding="utf-8")
    assert told == with_overview(told), "call: python -m tests.overview"


def test_the_examples_of_the_campaign_guide_are_a_campaign_without_problems(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "campaign.md").read_text(encoding="utf-8")
    facts, _, answers = guide.partition("\n## answers.toml\n")
    written = {"circular.txt": ("text", facts), "campaign.toml": ("toml", facts), "answers.toml": ("toml", answers)}
    for name, (language, part) in written.items():
        blocks = re.findall(rf"^```{language}\n(.*?)^```", part, re.DOTALL | re.MULTILINE)
        (tmp_path / name).write_text("\n".join(blocks), encoding="utf-8")
    campaign = load(tmp_path)
    assert [*lint(campaign), *lint_examples(Understander.of(campaign))] == []


LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)|<img src=\"([^\"]+)\"")


@pytest.mark.parametrize("file", [file for file in files() if file.suffix == ".md"], ids=name)
def test_a_document_points_only_at_what_is_there(file: Path) -> None:
    words = re.sub(r"`[^`]*`", "", file.read_text(encoding="utf-8"))  # a link in code is an example
    named = ["".join(found) for found in LINK.findall(words)]
    assert [link for link in named if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("usher.example.org", 80)])
def test_the_tests_talk_to_nobody_outside(address: tuple[str, int]) -> None:
    with pytest.raises(AssertionError, match=address[0]):
        socket.create_connection(address, timeout=1)
    with socket.socket() as direct, pytest.raises(AssertionError, match=address[0]):
        direct.connect(address)


def test_the_tests_may_talk_to_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=1).close()
