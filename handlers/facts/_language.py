"""Tells in which language a person writes."""

import re
from functools import lru_cache

from opencc import OpenCC

_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[A-Za-z]{2}")


@lru_cache(maxsize=2)
def _converter(way: str) -> OpenCC:
    return OpenCC(way)


def language_of(text: str, otherwise: str = "en") -> str:
    """`en`, `zh-Hant` or `zh-Hans`; `otherwise` where the text does not show it."""
    han = "".join(_HAN.findall(text))
    if not han:
        return "en" if _LETTER.search(text) else otherwise
    simplified, traditional = _converter("t2s").convert(han), _converter("s2t").convert(han)
    changed_to_simple = sum(one != other for one, other in zip(han, simplified, strict=False))
    changed_to_full = sum(one != other for one, other in zip(han, traditional, strict=False))
    if changed_to_simple == changed_to_full:
        return otherwise if otherwise.startswith("zh") else "zh-Hant"
    return "zh-Hans" if changed_to_full > changed_to_simple else "zh-Hant"
