"""Shows why a question got its answer: what was read in it, what was weighed, and how sure is sure enough."""

from collections.abc import Iterator
from datetime import datetime

from handlers.facts import Facts
from handlers.understand import Understander, Understanding


def explain(facts: Facts, question: str, now: datetime) -> Iterator[str]:
    """Lines for the terminal, one circular after the other."""
    for one in facts.understanders:
        yield from _explain(one, one.understand(question, now), question)


def _explain(one: Understander, what: Understanding, question: str) -> Iterator[str]:
    reading = what.reading
    yield f"\n{one.campaign.key}: {what.outcome} ({what.why})"
    yield f"  folded      {reading.folded}"
    for kind in ("subject", "hint", "aspect", "act", "qualifier", "trigger"):
        if keys := reading.keys(kind):
            yield f"  {kind:<11} {', '.join(keys)}"
    if reading.asked.days:
        yield f"  days        {', '.join(map(str, reading.asked.days))}"
    if reading.unknown or reading.acronyms:
        yield f"  unknown     {', '.join((*reading.acronyms, *reading.unknown))}"
    for scored in what.ranked[:5]:
        yield (
            f"  {scored.total:5.2f}  {scored.key:<24} cell {scored.cell:.2f} [{scored.why}]"
            f"  examples {scored.likeness:.2f}"
        )
    for example, likeness in one.nearest(question):
        yield f"  like {likeness:.2f}   {example}"
    limits = one.thresholds
    yield f"  thresholds  answer {limits.answer:.2f}, lead {limits.margin:.2f}, choice {limits.choice:.2f}"
