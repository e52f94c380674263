"""Judges the examples of a campaign by what the questions in them are taken for."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING

from handlers.understand._fold import words

if TYPE_CHECKING:
    from handlers.understand import Understander


def lint_examples(one: "Understander") -> list[str]:
    """What is wrong with the examples and cells of the answers: examples that are taken for another answer, aspects and
    acts that nobody can ask for.
    """
    return [*_unknown_names(one), *_misled_examples(one)]


def _unknown_names(one: "Understander") -> Iterator[str]:
    aspects = {*words().aspects, *one.campaign.aspects, "day", "*"}
    for answer in one.campaign.answers:
        for cell in answer.covers:
            if (aspect := cell.partition(":")[2]) not in aspects:
                yield f"answers.toml: answer.{answer.key}.covers: there is no aspect {aspect!r}"
        for act in set(answer.acts) - words().acts.keys():
            yield f"answers.toml: answer.{answer.key}.acts: there is no act {act!r}"


def _misled_examples(one: "Understander") -> Iterator[str]:
    now = datetime.combine(one.campaign.calendar.first, time(12), one.campaign.zone)
    for answer in one.campaign.answers:
        for example in answer.examples:
            what = one.understand_anew(example, now)
            given = {part.key for part in what.parts}
            if what.outcome == "answer" and answer.key not in given:
                place = f"answers.toml: answer.{answer.key}.examples"
                yield f"{place}: {example!r} is taken for {', '.join(sorted(given))}"
