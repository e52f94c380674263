"""Makes text that came from a server fit to be shown and logged: no control characters, no markup, not long."""

import re
import unicodedata

LENGTH = 160
_MARKUP = re.compile(r"<[^<>]{0,2000}>|[<>]")


def clean(text: str | bytes, length: int = LENGTH) -> str:
    """One line of visible characters, cut at `length`."""
    if isinstance(text, bytes):
        text = text[: length * 8].decode("utf-8", "replace")
    plain = _MARKUP.sub(" ", text[: length * 8])
    # Cc and Cf: control characters, and those that turn the direction of writing round.
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in plain)
    line = " ".join(seen.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
