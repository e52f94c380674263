"""The settings of one Usher: read from the environment and the file .env, checked before anything starts."""

import logging
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.companions import check_companions
from bot.secret_key import KEY_LENGTH, SettingsError, own_key
from models.campaign import BusinessDays
from models.hours import Hours

__all__ = ["Settings", "SettingsError", "is_loopback", "load"]

log = logging.getLogger(__name__)

_TOKENS = {
    "slack_bot_token": r"(xoxe\.)?xoxb-\S+",
    "slack_app_token": r"xapp-\S+",
    "telegram_bot_token": r"\d+:[\w-]+",
    "telegram_webhook_secret": r"[A-Za-z0-9_-]{1,256}",
}
_TIER = r"(slack:[CG][A-Z0-9]+|telegram:-?\d+)"
_ROOM = rf"(web|{_TIER})"
_URL = r"^https?://[^/\s]+"

# What reaches people outside: the variable that switches it on, the one with its address, its address without that one.
OUTSIDE = (
    ("SLACK_BOT_TOKEN", "SLACK_API_URL", "https://slack.com"),
    ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL", "https://api.telegram.org"),
    ("SMTP_URL", "SMTP_URL", ""),
)


class Settings(BaseSettings):
    """Every setting. A title says what a value must be; .env.example says what it is for."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", validate_default=False, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", title="a name or address of this machine")
    port: int = Field(8080, ge=0, le=65535, title="a whole number from 0 to 65535")
    public_url: Annotated[str, StringConstraints(pattern=_URL)] | None = Field(
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
    slack_bot_token: SecretStr = Field(
        SecretStr(""), title="the bot token of a Slack app", examples=["xoxb-(the rest of it)"]
    )
    slack_signing_secret: SecretStr = Field(SecretStr(""), title="the signing secret of a Slack app")
    slack_app_token: SecretStr = Field(
        SecretStr(""), title="the app-level token of a Slack app", examples=["xapp-(the rest of it)"]
    )
    slack_api_url: Annotated[str, StringConstraints(pattern=_URL)] = Field(
        "https://slack.com/api/", title="the address of Slack's Web API"
    )
    telegram_bot_token: SecretStr = Field(
        SecretStr(""), title="the token that BotFather gave", examples=["123456:(the rest of it)"]
    )
    telegram_api_url: Annotated[str, StringConstraints(pattern=_URL)] = Field(
        "https://api.telegram.org", title="the address of a Bot API server"
    )
    telegram_webhook_secret: SecretStr = Field(
        SecretStr(""), title="1 to 256 letters, digits, _ or -", examples=["(the output of: openssl rand -hex 32)"]
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), title="the address of a mail server", examples=["smtps://user:password@mail.example.org"]
    )
    mail_from: str = Field("", title="a name and an address", examples=["Usher <usher@example.org>"])
    support_room: Annotated[str, StringConstraints(pattern=rf"^{_ROOM}( *, *{_ROOM})*$")] | None = Field(
        None,
        title="web, slack: with a channel's id, or telegram: with a chat's id; several with commas between them",
        examples=["slack:C0123456789"],
    )
    support_second_tier: Annotated[str, StringConstraints(pattern=rf"^{_TIER}$")] | None = Field(
        None, title="slack: with a channel's id, or telegram: with a chat's id", examples=["slack:C0123456789"]
    )
    support_hours: str = Field("Mon-Fri 09:00-18:00", title="weekdays, if not all business days, and times")
    support_alarms: Annotated[str, StringConstraints(pattern=r"^\d{1,4} +\d{1,4}$")] = Field(
        "15 60", title="two numbers of minutes with a space between them"
    )
    check_every: int | None = Field(None, ge=1, le=1440, title="a number of minutes from 1 to 1440", examples=["10"])
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

    @field_validator("slack_bot_token", "slack_app_token", "telegram_bot_token", "telegram_webhook_secret")
    @classmethod
    def _well_formed(cls, token: SecretStr, field: ValidationInfo) -> SecretStr:
        """Two tokens in each other's place are the commonest mistake of a first start."""
        if not re.fullmatch(_TOKENS[field.field_name or ""], token.get_secret_value()):
            raise ValueError
        return token

    @field_validator("slack_api_url")
    @classmethod
    def _with_slash(cls, url: str) -> str:
        return f"{url.rstrip('/')}/"

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, url: SecretStr) -> SecretStr:
        from bot.mail import server

        server(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _mail_sender(cls, written: str) -> str:
        from bot.mail import sender

        sender(written)
        return written

    @field_validator("support_hours")
    @classmethod
    def _hours(cls, written: str) -> str:
        Hours.of(written, BusinessDays(frozenset(), frozenset()), ZoneInfo("UTC"))
        return written

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
    if _is_demonstration(given):
        _check_nobody_outside(given)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_sentence(str(error.errors()[0]["loc"][0]))) from error
    _check_demonstration(settings)
    check_companions(settings)
    return (
        settings
        if settings.secret_key or not signs
        else settings.model_copy(update={"secret_key": own_key(settings.sqlite_file)})
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


def _check_demonstration(settings: Settings) -> None:
    if settings.as_of and not settings.demo:
        raise SettingsError("AS_OF is for demonstrations only: leave it out, or set DEMO=1 as well.")
    if not settings.demo:
        return
    if not settings.demo_any_host and not is_loopback(settings.host):
        raise SettingsError(
            f"HOST={settings.host} would show a demonstration to other machines: "
            "leave it out, or set DEMO_ANY_HOST=1 as well if that is meant (inside a container)."
        )


def _is_demonstration(given: Mapping[str, str]) -> bool:
    """Whether `DEMO` says so in any of the ways that the setting takes; one that is none is refused as such."""
    with suppress(ValidationError):
        return bool(TypeAdapter(bool).validate_python(given.get("demo", False)))
    return False


def _check_nobody_outside(given: Mapping[str, str]) -> None:
    """Before anything else is looked at: a demonstration that names a real server must never get further."""
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
