"""The desk page's own words in each of its languages, and which one a member of the team reads it in."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from starlette.requests import Request

from bot.page.words import Words
from models.wording import in_script

COOKIE = "usher-desk-language"
LANGUAGES = ("en", "zh-Hant", "zh-Hans")


@lru_cache(maxsize=4)
def words(language: str) -> Words:
    """The words of all files of the folder `words/`; simplified Chinese is made of the traditional."""
    if language == "zh-Hans":
        made = {key: in_script(text, language) for key, text in words("zh-Hant").items()}
        return {**made, "name": "简体中文"}
    told: dict[str, str] = {}
    for file in files("bot.page.desk").joinpath("words").iterdir():
        if file.name.endswith(".toml"):
            told |= tomllib.loads(file.read_text(encoding="utf-8"))[language]
    return told


def chosen(request: Request) -> str:
    """The language that was switched to, else the browser's first that the page has."""
    kept = request.cookies.get(COOKIE)
    if kept in LANGUAGES:
        return kept
    for preferred in request.headers.get("accept-language", "").lower()[:200].split(","):
        tag = preferred.partition(";")[0].strip()
        if tag.startswith("en"):
            return "en"
        if tag.startswith("zh"):
            return "zh-Hans" if tag in {"zh-cn", "zh-sg"} or tag.startswith("zh-hans") else "zh-Hant"
    return LANGUAGES[0]
