"""The page's own words in each of its languages, and which language a visitor reads it in."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from starlette.requests import Request

from models.campaign import Campaign
from models.wording import in_script

COOKIE = "usher-language"
# A tag that says which writing is meant, for fonts and screen readers.
TAGS = {"zh-Hant": "zh-Hant-HK"}

Words = Mapping[str, str]


@lru_cache(maxsize=8)
def words(language: str) -> Words:
    """The words for a page or a bubble in that language; English where the page has none in it."""
    told = _read()
    if language.startswith("zh"):
        return {key: in_script(text, language) for key, text in told["zh-Hant"].items()}
    return told.get(language, told["en"])


def tag(language: str) -> str:
    return TAGS.get(language, language)


def offered(campaigns: Sequence[Campaign]) -> list[str]:
    """The languages that the page can be read in: those it has words for and a circular has answers in."""
    spoken = {language for campaign in campaigns for language in campaign.languages} or {"en"}
    return [language for language in _read() if language in spoken] or ["en"]


def chosen(request: Request, campaigns: Sequence[Campaign]) -> str:
    """The language of the page that asks; else the one that the visitor switched to, else the browser's first."""
    known = offered(campaigns)
    for kept in (request.query_params.get("language"), request.cookies.get(COOKIE)):
        if kept in known:
            return str(kept)
    for preferred in request.headers.get("accept-language", "")[:200].lower().split(","):
        primary = preferred.partition(";")[0].strip().partition("-")[0]
        for language in known:
            if primary and language.lower().partition("-")[0] == primary:
                return language
    return known[0]


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Words]:
    return tomllib.loads(files("bot.page").joinpath("words.toml").read_text(encoding="utf-8"))
