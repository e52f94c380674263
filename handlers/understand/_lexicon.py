"""Finds in a question the subjects, aspects and other ideas that a campaign's words and the general words name."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from handlers.understand._fold import Words, fold, tokens, words
from handlers.understand._read import Asked, read
from models.campaign import Campaign

_ACRONYM = re.compile(r"(?<![A-Za-z0-9@./-])[A-Z][A-Z0-9]{1,5}(?![A-Za-z@./])")
_NAMED_HOST = re.compile(r"(?=[^/]*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)")
_IP_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?")
SHORT = 4  # words; a Chinese character is half of one
GAP = "…"  # in a name: some other words may stand here, at most
NEAR = 4
Name = tuple[tuple[str, ...], ...]  # the words of a name, piece by piece between its gaps
# Longer matches of one group hide the shorter ones inside them: "enquiry e-mail" is the contact, not the registration.
_GROUPS = {"subject": "what", "hint": "what", "trigger": "what", "cue": "cue", "aspect": "aspect", "act": "act",
           "qualifier": "with", "term": "term"}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """An idea at a place of the question: kind is subject, hint, trigger, cue, aspect, act, qualifier or term.

    A trigger names something that the circular does not cover, whatever subject stands in its words; a cue speaks for
    an answer, and leaves the subject in its words to be read.
    """

    kind: str
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """What was read in one question. `unknown` are the words that neither the campaign nor any question explains."""

    folded: str
    tokens: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    asked: Asked = field(default_factory=Asked)
    unknown: tuple[str, ...] = ()
    acronyms: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    @property
    def strange(self) -> bool:
        """Whether it holds words that nothing explains: a foreign word, or two Chinese characters."""
        han = [word for word in self.unknown if not word.isascii()]
        return len(han) >= 2 or len(han) < len(self.unknown)

    @property
    def short(self) -> bool:
        """Whether it has only a word or a few: what is as short is unclear by nature."""
        han = sum(not word.isascii() for word in self.tokens)
        return len(self.tokens) - han + han / 2 <= SHORT

    @property
    def uncovered(self) -> int:
        """How many of its words belong to nothing that was found."""
        return len(self.tokens) - len({place for one in self.found for place in range(one.start, one.end)})

    @property
    def mostly_unknown(self) -> bool:
        """Whether more than half of the words that carry something are ones that nothing explains."""
        telling = [word for word in self.tokens if word not in words().function and not word.isdigit()]
        return self.strange and 2 * len(self.unknown) > len(telling)

    def keys(self, kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(found.key for found in self.found if found.kind == kind))


@dataclass
class Lexicon:
    """All ideas of one campaign, by the first word of each of their names."""

    campaign: Campaign
    entries: dict[str, list[tuple[Name, str, str]]] = field(default_factory=lambda: defaultdict(list))
    vocabulary: set[str] = field(default_factory=set)
    typo_targets: list[str] = field(default_factory=list)
    corrected: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, campaign: Campaign) -> "Lexicon":
        lexicon, general = cls(campaign), words()
        lexicon._add_general(campaign, general)
        for subject in campaign.subjects:
            lexicon._add("subject", subject.key, (*subject.aliases, *subject.name.values()))
            lexicon._add("hint", subject.key, subject.hints)
        for target in campaign.targets:
            if target.url or target.host:
                lexicon.vocabulary.update(tokens(fold(target.url or target.host or "")))
        for briefing in campaign.briefings:
            lexicon._add("qualifier", f"mode:{briefing.mode}", briefing.mode_name.values())
            lexicon._add("qualifier", f"language:{briefing.language}", briefing.language_name.values())
        for answer in campaign.answers:
            lexicon._add("cue" if answer.outcome == "answer" else "trigger", answer.key, answer.triggers)
        for term in campaign.glossary:
            lexicon._add("term", f"term.{term.key}", (term.name, *term.aliases))
        for text in campaign.vocabulary:
            lexicon.vocabulary.update(tokens(fold(text)))
        lexicon.typo_targets = [word for word in lexicon.vocabulary if len(word) > 3 and word.isascii()]
        for text in (example for answer in campaign.answers for example in answer.examples):
            lexicon.vocabulary.update(token for token in tokens(fold(text)) if token.isascii())
        return lexicon

    def _add_general(self, campaign: Campaign, general: Words) -> None:
        self.vocabulary.update(general.function)
        for kind, table in (("aspect", general.aspects), ("act", general.acts), ("qualifier", general.qualifiers)):
            for key, aliases in table.items():
                self._add(kind, key, aliases)
        for kind, table in (("aspect", campaign.aspects), ("qualifier", campaign.qualifiers)):
            for key, aliases in table.items():
                self._add(kind, key, aliases)

    def _add(self, kind: str, key: str, aliases: Iterable[str]) -> None:
        for alias in aliases:
            pieces = tuple(tuple(tokens(fold(piece))) for piece in alias.split(GAP))
            if all(pieces) and (pieces, kind, key) not in self.entries[pieces[0][0]]:
                self.entries[pieces[0][0]].append((pieces, kind, key))
                self.vocabulary.update(part for piece in pieces for part in piece if part.isascii())

    def read(self, text: str, now: datetime) -> Reading:
        """Everything that can be read in `text`; pure but for a memory of corrected spellings."""
        now = now.astimezone(self.campaign.zone)  # "today" is the campaign's day, wherever the machine stands
        folded = fold(text)
        words_read = tuple(self._spell(token) for token in tokens(folded))
        visible = _without_parts_of_names(self._visible(self._matches(words_read)))
        found = tuple(_negated(one, words_read) for one in visible)
        covered = {place for one in found for place in range(one.start, one.end)}
        unknown = tuple(
            word for place, word in enumerate(words_read) if place not in covered and self._is_unknown(word)
        )
        days = [fact.when.last for fact in self.campaign.facts if fact.when and fact.when.kind != "fuzzy"]
        days += [briefing.on for briefing in self.campaign.briefings]
        return Reading(
            folded, words_read, found, read(folded, now, days), unknown, self._acronyms(text), self._hosts(words_read)
        )

    def _spell(self, token: str) -> str:
        """The known word that a misspelt one is nearest to, or the word itself."""
        if token in self.vocabulary or len(token) < 5 or not (token.isascii() and token.isalpha()):
            return token
        if token not in self.corrected:
            if len(self.corrected) > 5000:
                self.corrected.clear()
            self.corrected[token] = self._nearest_word(token)
        return self.corrected[token]

    def _nearest_word(self, token: str) -> str:
        far = 2 if len(token) >= 8 else 1
        near = extractOne(token, self.typo_targets, scorer=OSA.distance, score_cutoff=far)
        # A slip at the very first letter is rare: with another beginning and another slip it is another word.
        return near[0] if near and (near[0][0] == token[0] or (near[1] == 1 and len(token) > 6)) else token

    def _matches(self, read_words: tuple[str, ...]) -> Iterable[Found]:
        for start, word in enumerate(read_words):
            for pieces, kind, key in self.entries.get(word, ()):
                if end := _end_of(pieces, read_words, start):
                    yield Found(kind, key, start, end)

    @staticmethod
    def _visible(matches: Iterable[Found]) -> list[Found]:
        """Without those that stand wholly inside a longer one of the same group."""
        by_group: Mapping[str, list[Found]] = defaultdict(list)
        for match in matches:
            by_group[_GROUPS[match.kind]].append(match)
        return [
            one
            for group in by_group.values()
            for one in group
            if not any(
                other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start
                for other in group
            )
        ]

    def _is_unknown(self, word: str) -> bool:
        if word.isascii():
            return word.isalpha() and word not in self.vocabulary and len(word) > 1
        return word not in self.vocabulary

    def _acronyms(self, text: str) -> tuple[str, ...]:
        """Names in capitals that nothing explains; none where the whole text shouts."""
        letters = [sign for sign in text if sign.isascii() and sign.isalpha()]
        if sum(sign.isupper() for sign in letters) > 0.6 * len(letters) and len(letters) > 12:
            return ()
        return tuple(
            name for name in _ACRONYM.findall(text) if not self.vocabulary.issuperset(tokens(fold(name)))
        )  # fmt: skip

    def _hosts(self, read_words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word in read_words if _IP_ADDRESS.fullmatch(word) or _NAMED_HOST.match(word))


def _end_of(pieces: Name, read_words: tuple[str, ...], start: int) -> int:
    """Where the name that begins at `start` ends; 0 where it does not stand there."""
    first = pieces[0]
    end = start + len(first)
    if read_words[start:end] != first:
        return 0
    for piece in pieces[1:]:
        places = range(end, min(end + NEAR, len(read_words) - len(piece)) + 1)
        place = next((place for place in places if read_words[place : place + len(piece)] == piece), None)
        if place is None:
            return 0
        end = place + len(piece)
    return end


def _without_parts_of_names(found: list[Found]) -> list[Found]:
    """Without the aspects that are only part of a subject's name: "access" in "Access Management Portal"."""
    names = [one for one in found if one.kind in ("subject", "trigger")]
    return [
        one
        for one in found
        if one.kind != "aspect"
        or not any(
            name.start <= one.start and one.end <= name.end and name.end - name.start > one.end - one.start
            for name in names
        )
    ]


def _negated(found: Found, read_words: tuple[str, ...]) -> Found:
    """A property with a "no" shortly before it is one that is not wanted: its key begins with "not "."""
    if found.kind != "qualifier":
        return found
    before = read_words[max(0, found.start - 4) : found.start]
    spoken = "".join((*before, " ", *read_words[found.end : found.end + 3]))  # Chinese also says it behind the word
    spoken = re.sub("(.)不\\1", "", spoken)  # "is it or is it not" only asks
    denied = any(word in words().negations for word in before if word.isascii()) or any(
        not word.isascii() and len(word) > 1 and word in spoken for word in words().negations
    )
    return Found("qualifier", f"not {found.key}", found.start, found.end) if denied else found
