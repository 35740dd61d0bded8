"""The house and its picture are one: layers, version, changelog and decisions on paper are those in the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import suture

ROOT = Path(__file__).parents[2]


def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def enforced_layers() -> list[list[str]]:
    """The layers that import-linter enforces, top-down, each a list of siblings."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[name.strip() for name in line.split("|")] for line in layers]


def drawn_layers() -> list[list[str]]:
    """The layers in docs/architecture.md: names before the first wide gap of each line."""
    (block,) = re.findall(r"```layers\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL)
    names = [re.split(r"\s{2,}", line)[0] for line in block.splitlines()]
    return [[name.strip() for name in line.split("|")] for line in names]


def modules() -> set[str]:
    """Top-level modules and packages of suture."""
    found = (ROOT / "src/suture").iterdir()
    return {path.stem for path in found if path.suffix == ".py" or (path / "__init__.py").is_file()} - {"__init__"}


def test_the_picture_shows_the_layers_that_are_enforced() -> None:
    """docs/architecture.md and the import contract name the same layers in the same order."""
    assert drawn_layers() == enforced_layers()


def test_every_module_stands_in_a_layer() -> None:
    """No module escapes the contract by not being named in it, and none is named that does not exist."""
    assert {name for layer in enforced_layers() for name in layer} == modules()


def test_one_version() -> None:
    """The package, its metadata and the changelog agree on the version."""
    version = project()["project"]["version"]
    assert suture.__version__ == version
    assert version in (ROOT / "CHANGELOG.md").read_text()


def test_links_in_the_documents_lead_somewhere() -> None:
    """Every relative link in the README, the changelog and docs/ names a file that exists."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())]
    broken = [f"{page.name}: {link}" for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert not broken


def test_decisions_are_numbered_without_gaps() -> None:
    """docs/adr has pages 0001, 0002 …, each with what it was about, what was decided, and what follows."""
    pages = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        headings = re.findall(r"^## (\w+)", page.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], page.name


def test_dependencies_have_their_decision() -> None:
    """Each run-time dependency in pyproject.toml names the page in docs/adr that says why, and it exists."""
    text = (ROOT / "pyproject.toml").read_text()
    lines = [
        line
        for line in text.splitlines()
        if any(line.strip().startswith(f'"{d}"') for d in project()["project"]["dependencies"])
    ]
    assert len(lines) == len(project()["project"]["dependencies"])
    for line in lines:
        number = re.search(r"docs/adr/(\d{4})", line)
        assert number is not None, line
        assert list((ROOT / "docs/adr").glob(f"{number[1]}-*.md")), line
