"""The settings of one Usher: read from the environment and the file .env, checked before anything starts."""

import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

log = logging.getLogger(__name__)

KEY_LENGTH = 32

# What reaches people outside: the variable that switches it on, the one with its address, its address without that one.
OUTSIDE = (
    ("SLACK_BOT_TOKEN", "SLACK_API_URL", "https://slack.com"),
    ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL", "https://api.telegram.org"),
    ("SMTP_URL", "SMTP_URL", ""),
)


class SettingsError(Exception):
    """A setting is wrong or missing; the text is one sentence that names it and shows a right one."""


class Settings(BaseSettings):
    """Every setting. A title says what a value must be; .env.example says what it is for."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", validate_default=False, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", title="a name or address of this machine")
    port: int = Field(8080, ge=0, le=65535, title="a whole number from 0 to 65535")
    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+")] | None = Field(
        None, title="the address that people see", examples=["https://usher.example.org"]
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), title="addresses or networks, with commas between them", examples=["127.0.0.1,10.0.0.0/8"]
    )
    database_url: SecretStr = Field(
        SecretStr("sqlite:///var/usher.db"),
        title="the address of a SQLite file or a PostgreSQL database",
        examples=["sqlite:///var/usher.db or DATABASE_URL=postgresql://usher:password@localhost/usher"],
    )
    campaigns: Path = Field(Path("campaigns"), title="a folder")
    demo: bool = Field(False, title="1, or left out", examples=["1"])
    demo_any_host: bool = Field(False, title="1, or left out", examples=["1"])
    as_of: AwareDatetime | None = Field(
        None, title="a date and time with its zone", examples=["2023-04-12T10:00:00+08:00"]
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        title=f"at least {KEY_LENGTH} characters that nobody can guess",
        examples=["(the output of: openssl rand -hex 32)"],
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", title="DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: object, **__: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # `load` hands in what was given, so that a test need not change the environment of its own process.
        return (init_settings,)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, listed: str | tuple[str, ...]) -> tuple[str, ...]:
        named = listed.split(",") if isinstance(listed, str) else listed
        return tuple(str(ip_network(one.strip())) for one in named)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        given = urlsplit(url.get_secret_value())
        file = given.scheme == "sqlite" and given.path.strip("/")
        if not file and not (given.scheme == "postgresql" and given.path.strip("/")):
            raise ValueError
        return url

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key) < KEY_LENGTH:
            raise ValueError
        return key

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, level: str) -> str:
        return level.upper()

    @property
    def sqlite_file(self) -> Path | None:
        """The file that keeps everything, or None where a server does."""
        url = self.database_url.get_secret_value()
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None

    @property
    def var(self) -> Path:
        """The folder for what Usher makes for itself: beside the SQLite file, where there is one."""
        return self.sqlite_file.parent if self.sqlite_file else Path("var")


def load(
    environ: Mapping[str, str] | None = None, env_file: str | Path | None = ".env", *, signs: bool = True
) -> Settings:
    """Read every setting, the environment before the file, or raise `SettingsError`. An empty value is not a value.

    What signs nothing (one question on the terminal) needs no key, and makes none.
    """
    given = _given(os.environ if environ is None else environ, env_file)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_sentence(str(error.errors()[0]["loc"][0]))) from error
    _check_demonstration(settings, given)
    return (
        settings if settings.secret_key or not signs else settings.model_copy(update={"secret_key": _own_key(settings)})
    )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine is meant."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _given(environ: Mapping[str, str], env_file: str | Path | None) -> dict[str, str]:
    try:
        in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars if env_file else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {env_file} cannot be read ({error}).") from error
    for name in in_file:
        _mention_slip(name, env_file)
    own = {name.lower(): value for name, value in environ.items()}
    return {name: value for name, value in {**in_file, **own}.items() if value}


def _mention_slip(name: str, env_file: str | Path | None) -> None:
    if name not in Settings.model_fields and (near := get_close_matches(name, Settings.model_fields, 1, 0.8)):
        log.warning("%s in %s is no setting of Usher: is %s meant?", name.upper(), env_file, near[0].upper())


def _sentence(name: str) -> str:
    field = Settings.model_fields[name]
    example = (field.examples or [field.default])[0]
    return f"{name.upper()} must be {field.title}, for example {name.upper()}={example}."


def _check_demonstration(settings: Settings, given: Mapping[str, str]) -> None:
    if settings.as_of and not settings.demo:
        raise SettingsError("AS_OF is for demonstrations only: leave it out, or set DEMO=1 as well.")
    if not settings.demo:
        return
    if not settings.demo_any_host and not is_loopback(settings.host):
        raise SettingsError(
            f"HOST={settings.host} would show a demonstration to other machines: "
            "leave it out, or set DEMO_ANY_HOST=1 as well if that is meant (inside a container)."
        )
    for switch, address, usual in OUTSIDE:
        if given.get(switch.lower()):
            _check_on_this_machine(switch, address, given.get(address.lower(), usual))


def _check_on_this_machine(switch: str, address: str, url: str) -> None:
    if not is_loopback(urlsplit(url).hostname or ""):
        raise SettingsError(
            f"{switch} would let a demonstration write to real people: leave it out, "
            f"or name a server on this machine, for example {address}={_LOCAL[address]}."
        )


_LOCAL = {
    "SLACK_API_URL": "http://127.0.0.1:8099",
    "TELEGRAM_API_URL": "http://127.0.0.1:8099",
    "SMTP_URL": "smtp://127.0.0.1:1025",
}


def _own_key(settings: Settings) -> SecretStr:
    """The key kept beside the SQLite file, made the first time; two copies that start at once get the same."""
    if settings.sqlite_file is None:
        raise SettingsError(
            "SECRET_KEY is needed with PostgreSQL, so that all copies of Usher sign alike: "
            "set it to the output of `openssl rand -hex 32`, for example."
        )
    file = settings.var / "secret_key"
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
