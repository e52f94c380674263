"""Makes and keeps the key that signs the visitors' cookies, where none was given."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import SecretStr

KEY_LENGTH = 32


class SettingsError(Exception):
    """A setting is wrong or missing; the text is one sentence that names it and shows a right one."""


def own_key(sqlite_file: Path | None) -> SecretStr:
    """The key kept beside the SQLite file, made the first time; two copies that start at once get the same."""
    if sqlite_file is None:
        raise SettingsError(
            "SECRET_KEY is needed with PostgreSQL, so that all copies of Usher sign alike: "
            "set it to the output of `openssl rand -hex 32`, for example."
        )
    file = sqlite_file.parent / "secret_key"
    try:
        if not file.exists():
            _make_key(file)
        key = SecretStr(file.read_text().strip())
    except OSError as error:
        raise SettingsError(
            f"DATABASE_URL: nothing can be kept in the folder {file.parent} ({error.strerror}); "
            "make it, or name another, for example DATABASE_URL=sqlite:///var/usher.db."
        ) from error
    if len(key) < KEY_LENGTH:
        raise SettingsError(f"The key in {file} is too short: delete the file, or set SECRET_KEY yourself.")
    return key


def _make_key(file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    # A temporary file is readable by its owner only (0600); linked when complete, it is never seen half written.
    with NamedTemporaryFile("w", dir=file.parent) as complete, suppress(FileExistsError):
        complete.write(secrets.token_urlsafe(48))
        complete.flush()
        os.link(complete.name, file)
