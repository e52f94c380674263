"""Looks through a campaign for everything that would mislead a person later, and says where it stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.campaign._lint_answers import ANSWER_RULES
from models.campaign._lint_dates import DATE_RULES
from models.campaign._lint_facts import FACT_RULES
from models.campaign._lint_targets import TARGET_RULES
from models.campaign._schema import Campaign

Rule = Callable[[Campaign], Iterator[tuple[str, str]]]  # gives (place, message)
RULES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("campaign.toml", FACT_RULES + DATE_RULES + TARGET_RULES),
    ("answers.toml", ANSWER_RULES),
)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which file, at what place such as `fact.emails.due`, and what it is."""

    file: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.message}"


def lint(campaign: Campaign) -> list[Problem]:
    """Every problem of the campaign, in the order of its files.

    Whether an answer's examples lie nearer to another answer is judged by what reads questions, not here.
    """
    return [
        Problem(file, place, message) for file, rules in RULES for rule in rules for place, message in rule(campaign)
    ]
