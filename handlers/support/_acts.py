"""What askers and people of the desk have done with cases by a word or a button."""

from collections.abc import Mapping

from handlers.support._asking import ASKER_ACTS
from handlers.support._deeds import REPLY
from handlers.support._desk_link import DESK_ACTS
from handlers.support._staff_acts import STAFF_ACTS
from handlers.talk import Act

__all__ = ["ACTS", "REPLY"]

ACTS: Mapping[str, Act] = {**ASKER_ACTS, **STAFF_ACTS, **DESK_ACTS}
