"""What can be asked for by a word: /help, /language, and the commands that the circulars' own answers have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from handlers.facts import SUPPORT, Facts, answer_action
from handlers.front import Front, Reader, named, own
from handlers.phrasing import Phrasing
from models.campaign import Campaign
from models.message import Choice, Reply
from models.wording import SIMPLIFIED, Wording, in_script, phrases, word_in

HELP, START, LANGUAGE = "/help", "/start", "/language"
OWN = ("status", "seats", "check", "terminal", "reminders", "calendar", "join", "mydata")  # in the order of a menu
# What a channel says of a message that it cannot hand over: a picture or a voice, a message that was changed.
NO_TEXT, EDITED = "/no-text", "/edited"
_NOTES = {NO_TEXT: "only_text", EDITED: "edited"}


@dataclass(frozen=True)
class Command:
    """A command as a menu shows it, without the slash."""

    word: str
    title: str


def menu(campaigns: Sequence[Campaign], language: str) -> list[Command]:
    """Every command, the circulars' first."""
    titled: dict[str, str] = {}
    for campaign in campaigns:
        for answer in campaign.answers:
            if answer.command:
                titled.setdefault(
                    answer.command, in_script(word_in(answer.title, language, campaign.prevails), language)
                )
    told = phrases()["zh-Hant" if language.startswith("zh") else "en"]
    for word in (*OWN, SUPPORT[1:], LANGUAGE[1:], HELP[1:]):
        titled[word] = in_script(told[f"command.{word}"], language)
    return [Command(word, title) for word, title in titled.items()]


def starts(campaigns: Sequence[Campaign], language: str) -> tuple[Choice, ...]:
    """What is offered where nothing was asked: what the campaigns put first, and the way to support."""
    offered = [
        Choice(
            in_script(word_in(answer.short or answer.title, language, campaign.prevails), language),
            answer_action(campaign.key, answer.key),
        )
        for campaign in campaigns
        for answer in (campaign.answer[key] for key in campaign.starts)
    ]
    told = phrases()["zh-Hant" if language.startswith("zh") else "en"]
    return (*offered, Choice(in_script(told["support"], language), SUPPORT))


def languages(campaigns: Sequence[Campaign]) -> list[str]:
    """The languages that can be chosen: those of the circulars, and the other script where one is Chinese."""
    spoken = list(dict.fromkeys(language for campaign in campaigns for language in campaign.languages))
    chinese = [SIMPLIFIED] if any(language.startswith("zh") for language in spoken) else []
    return [*(language for language in spoken if language in phrases()), *chinese]


class Commands:
    """Answers commands."""

    def __init__(self, facts: Facts, phrasing: Phrasing) -> None:
        self._facts, self._phrasing = facts, phrasing

    @property
    def _campaigns(self) -> list[Campaign]:
        return list(self._phrasing.campaigns.values())

    def answer(self, word: str, argument: str, now: datetime, language: str) -> Reply | None:
        """What is said to the command; None where it is none."""
        if word == START and argument:
            return self.answer(f"/{argument}", "", now, language) or self._help(now, language)
        if word in (HELP, START):
            return self._help(now, language)
        if word == LANGUAGE:
            return self._language(argument, now, language)
        if word in _NOTES:
            return self._phrasing.say(language, now, _NOTES[word])
        return self._of_circulars(word[1:], now, language) if word.startswith("/") else None

    def front(self, reader: Reader, now: datetime) -> Front:
        language = reader.language
        greeting = self._help(now, language)
        first = self._phrasing.first
        shown = self._facts.answer(first.key, first.starts[0], now, language) if first.starts else None
        acts_for = "front.acts_for" if reader.participants else "front.unknown"
        theirs = self._phrasing.say(language, now, acts_for, names=named(reader.participants))
        return Front(greeting.text, greeting.choices, shown, theirs.text, own(reader))

    def chosen(self, word: str, argument: str) -> str | None:
        """The language that the command chooses, if it does."""
        return argument if word == LANGUAGE and argument in languages(self._campaigns) else None

    def _help(self, now: datetime, language: str) -> Reply:
        names = [Wording.of(campaign, language, now).word(campaign.name) for campaign in self._campaigns]
        wording = Wording.of(self._phrasing.first, language, now)
        said = self._phrasing.say(language, now, "help", names=wording.say("and").join(names))
        return replace(said, choices=starts(self._campaigns, said.language))

    def _language(self, argument: str, now: datetime, language: str) -> Reply:
        offered = languages(self._campaigns)
        if argument in offered:
            return self._phrasing.say(argument, now, "language.chosen")
        choices = tuple(Choice(_own_name(one), f"{LANGUAGE} {one}") for one in offered)
        return replace(self._phrasing.say(language, now, "language.which"), behaviour="clarify", choices=choices)

    def _of_circulars(self, command: str, now: datetime, language: str) -> Reply | None:
        found = list(self._answers(command))
        if len(found) > 1:
            return self._facts.which_campaign(found, now, language)
        return self._facts.answer(*found[0], now, language) if found else None

    def _answers(self, command: str) -> Iterator[tuple[str, str]]:
        for campaign in self._campaigns:
            yield from ((campaign.key, answer.key) for answer in campaign.answers if answer.command == command)


def _own_name(language: str) -> str:
    name = phrases()["zh-Hant" if language.startswith("zh") else language][f"language.name.{language}"]
    return in_script(name, language)
