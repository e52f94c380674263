"""Makes the file overview of docs/house.md from the first sentence of every module.

python -m tests.overview
"""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "docs" / "house.md"
FOLDERS = ("bot", "handlers", "models", "scheduler", "tests", "benchmarks")
START = "__init__.py"
BEGIN, END = "<!-- made by: python -m tests.overview -->\n", "<!-- end of what is made -->\n"


def main() -> None:
    HOUSE.write_text(with_overview(HOUSE.read_text(encoding="utf-8")), encoding="utf-8")


def with_overview(text: str) -> str:
    """The text with the overview between its marks as the modules are now."""
    before, _, rest = text.partition(BEGIN)
    behind = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{overview()}\n{END}{behind}"


def overview() -> str:
    """A list for each folder: what the folder is for, then a line for each of its modules."""
    return "\n".join(_folder(name) for name in FOLDERS)


def _folder(name: str) -> str:
    folder = ROOT / name
    inside = [file for file in modules() if folder in file.parents and file != folder / START]
    inside.sort(key=lambda file: (file.parent, file.name != START, file.name))
    about = first_sentence(folder / START) if (folder / START).exists() else ""
    lines = [f"- `{_shown(file, folder)}`: {first_sentence(file)}" for file in inside]
    return "\n".join([f"**{name}/** {about}".strip(), "", *lines, ""]).replace("\n\n\n", "\n\n")


def _shown(file: Path, folder: Path) -> str:
    """A folder's own module is shown as the folder."""
    return f"{file.parent.relative_to(folder)}/" if file.name == START else str(file.relative_to(folder))


def first_sentence(file: Path) -> str:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", paragraph, maxsplit=1)[0]


def modules() -> list[Path]:
    return [file for file in files() if file.suffix == ".py"]


def files() -> list[Path]:
    """What belongs to the repository, committed or about to be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in sorted(names) if name and (ROOT / name).is_file()]


if __name__ == "__main__":
    main()
