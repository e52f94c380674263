"""Knows which form asks for what an action lacks, for channels that can show one."""

from collections.abc import Callable, Mapping

from models.message import Field, Form

Say = Callable[[str], str]  # the sentence of that key, in the reader's language

# For each word the field that is asked for: its key in the phrases, and whether it has several lines.
FORMS: Mapping[str, tuple[str, bool]] = {
    "/join": ("code", False),
    "/with": ("people", True),
    "/swap": ("person", False),
    "/booked": ("reference", False),
    "/add": ("words", True),
}


def form(action: str, say: Say) -> Form | None:
    """The form of an action, if it has one."""
    found = FORMS.get(action.partition(" ")[0])
    if found is None:
        return None
    key, long = found
    fields = (Field(say(f"form.{key}.label"), say(f"form.{key}.hint"), long),)
    return Form(say(f"form.{key}.title"), say("form.send"), say("form.cancel"), fields)
