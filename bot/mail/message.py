"""Writes a reply as a mail: the text, the same as HTML, the circular's words quoted, and its files."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from html import escape
from importlib.resources import files

from models.campaign import Campaign
from models.message import File, Reply, Source
from models.wording import in_script, word_in

SUBJECT_LENGTH = 60
CALENDAR = "text/calendar"

# Everything is encoded to 7 bits: no server on the way has to be able to carry more.
POLICY = SMTP.clone(cte_type="7bit")

_Quote = tuple[str, str, str]  # where it stands, its words, their language


def render(reply: Reply, campaigns: Sequence[Campaign], page: str | None = None) -> EmailMessage:
    """The mail without its addresses: text, and the same as HTML that loads nothing. `page` is where one may ask.

    Choices are left out: nothing in a mail can be pressed, and an answer to it is not read.
    """
    told, served = _words(reply.language), {campaign.key: campaign for campaign in campaigns}
    text = clean(reply.text)
    quotes = [_quote(source, reply.language, served.get(source.campaign)) for source in reply.sources]
    footer = "\n".join([told["footer"], *([told["ask"].format(page=page)] if page else [])])
    subject = _subject(text) or told["subject"]
    message = EmailMessage(policy=POLICY)
    quoted = [f"{heading}\n> " + words.replace("\n", "\n> ") for heading, words, _ in quotes]
    message.set_content("\n\n".join([text, *quoted, f"-- \n{footer}\n"]))
    message.add_alternative(_as_html(text, quotes, footer, reply.language, subject), subtype="html")
    _add_files(message, reply.files)
    # Only now: headers that begin with Content- would have gone into the first part.
    message["Subject"], message["Content-Language"] = subject, reply.language
    message["Auto-Submitted"], message["X-Auto-Response-Suppress"] = "auto-generated", "All"
    return message


def _add_files(message: EmailMessage, given: Sequence[File]) -> None:
    """Every file is attached; a calendar file with a method is shown as well, as that by which it takes effect.

    Outlook and Gmail enter, change and cancel by the part that stands beside the text; other programs by the file.
    """
    shown = next((file for file in given if file.method and file.media_type == CALENDAR), None)
    if shown:
        told = {"method": _token(shown.method or "")}
        message.add_alternative(_whole(shown.content), subtype="calendar", charset="utf-8", cte="base64", params=told)
    for file in given:
        # As application/ics, or programs that know both would show the entry twice.
        kind, params = ("application/ics", {}) if file is shown else (file.media_type, _told(file))
        maintype, _, subtype = (_token(part) for part in kind.partition("/"))
        content, name = _whole(file.content).encode(), _file_name(file.name)
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name, params=params)


def _told(file: File) -> dict[str, str]:
    told = {"charset": "utf-8"} if file.media_type.startswith("text/") else {}
    return told | ({"method": _token(file.method)} if file.method else {})


def _token(text: str) -> str:
    """Only what may stand in a Content-Type."""
    return re.sub(r"[^A-Za-z0-9.+-]", "", text) or "x-unknown"


def _file_name(name: str) -> str:
    """A name that can be kept on every device, and under which nothing else is written."""
    return re.sub(r'[/\\:*?"<>|\n\t]|=\?', "_", clean(name)).strip(" .") or "file"


def _words(language: str) -> Mapping[str, str]:
    if language.startswith("zh"):
        return {key: in_script(text, language) for key, text in _read()["zh-Hant"].items()}
    return _read().get(language, _read()["en"])


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("bot.mail").joinpath("words.toml").read_text(encoding="utf-8"))


def clean(text: str) -> str:
    """Only what a mail can carry: whole characters, and no controls but line breaks and tabs."""
    whole = "\n".join(_whole(text).splitlines())
    return "".join(sign for sign in whole if sign in "\n\t" or unicodedata.category(sign) != "Cc").strip("\n")


def _whole(text: str) -> str:
    """Without halves of characters, which nothing can carry."""
    return text.encode("utf-8", "replace").decode()


def _subject(text: str) -> str:
    """The first line, cut where it is long."""
    line = " ".join(text.strip().partition("\n")[0].split())
    # The email package decodes what looks encoded, and would let a line break through in it: a header of one's own.
    line = line.replace("=?", "= ?")
    if len(line) <= SUBJECT_LENGTH:
        return line
    cut = line[: SUBJECT_LENGTH - 1]
    words = cut.rpartition(" ")[0]  # Chinese has no spaces to cut at
    return (words if len(words) > SUBJECT_LENGTH / 2 else cut).rstrip(" ,;:，、；：\u200d") + "…"


def _quote(source: Source, language: str, campaign: Campaign | None) -> _Quote:
    told, clause, words = _words(language), clean(source.clause), clean(source.quote)
    if campaign is None:
        return told["source"].format(clause=clause), words, "en"
    # Unlike a page, a mail has nothing around it that tells which circular is meant.
    name = in_script(word_in(campaign.name, language, campaign.prevails), language)
    return told["source_of"].format(clause=clause, circular=name), words, campaign.prevails


def _as_html(text: str, quotes: Sequence[_Quote], footer: str, language: str, subject: str) -> str:
    html, blocks = _read()["html"], [f"<p>{_lines(block)}</p>" for block in re.split(r"\n\s*\n", text)]
    blocks += [
        html["quote"].format(heading=_lines(one), words=_lines(two), lang=escape(tag)) for one, two, tag in quotes
    ]
    shown = {"body": "\n".join(blocks), "footer": _lines(footer), "subject": escape(subject)}
    return html["page"].format(language=escape(language), **shown)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")
