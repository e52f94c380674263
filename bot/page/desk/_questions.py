"""Shows the questions that found no answer, the most frequent first, and the examples that the desk suggests."""

from starlette.responses import Response

from bot.page.desk._asked import Asked, Door
from bot.page.desk._shown import when, word, zone_of
from models.support import LOOKED_AT, examples, unanswered

SHOWN = 200


async def _show(asked: Asked) -> Response:
    store, campaigns = asked.app.store, {one.key: one for one in asked.app.campaigns}

    def circular(key: str) -> str:
        return word(asked, campaigns[key], campaigns[key].name) if key in campaigns else key

    return asked.page(
        "desk/questions.html",
        found=await store.read(unanswered, SHOWN),
        examples=await store.read(examples, SHOWN),
        circular=circular,
        looked_at=LOOKED_AT,
        shown=SHOWN,
        when=when(asked),
        zone=zone_of(asked),
    )


DOORS = (Door("/desk/questions", "GET", _show, "see questions", nav="nav_questions"),)
