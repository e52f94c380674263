"""The document that shows one conversation on three channels is what the channels send now."""

from pathlib import Path

from tests.side_by_side import FILE, page


async def test_the_document_is_up_to_date(understanding: Path) -> None:
    assert FILE.read_text(encoding="utf-8") == await page(understanding), "call: python -m tests.side_by_side"
