"""What the page of a test on a terminal PC needs: the answers that can be chosen, keeping one, and its slip."""

from dataclasses import replace

from handlers.checks._answered import keep_answer, look_as_well, tell_asker
from handlers.checks._pc import SAID
from handlers.checks._seen import CODES, HINTS, OTHER, PAGE, PORTAL, SIGHTS, UNSEEN, Answer
from handlers.checks._slip import Slip, slip_of

__all__ = [
    "CODES", "HINTS", "OTHER", "PAGE", "PORTAL", "SAID", "SIGHTS", "UNSEEN", "Answer", "Slip", "in_language",
    "keep_answer", "look_as_well", "slip_of", "tell_asker",
]  # fmt: skip


def in_language(slip: Slip, language: str) -> Slip:
    """The same for a reader of another language."""
    return replace(slip, language=language)
