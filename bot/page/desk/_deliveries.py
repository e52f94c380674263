"""Shows what failed or may not have arrived, what can be done, and sends it once more where an operator wishes it."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.clock import machine_time
from bot.page.desk._asked import Asked, Door
from bot.page.desk._shown import when, zone_of
from bot.page.form import number
from models.deliveries import in_trouble, send_again
from models.outbox import Message
from models.store import in_turn
from models.support import StaffDeed, deed_of, keep_deed

SHOWN = 100
SEND_AGAIN = "send again"


async def _show(asked: Asked) -> Response:
    given = asked.request.query_params.get("told", "")
    told = asked.words[f"again_{given}"] if given in {"done", "not"} else ""
    return asked.page(
        "desk/deliveries.html",
        found=await asked.app.store.read(in_trouble, SHOWN),
        may_send=asked.may(SEND_AGAIN),
        now=asked.at,
        told=told,
        shown=SHOWN,
        when=when(asked),
        zone=zone_of(asked),
    )


async def _again(asked: Asked) -> Response:
    done = await asked.app.store.write(_send_again, asked, number(asked.fields.get("message")) or 0)
    return asked.back(f"/desk/deliveries?{urlencode({'told': 'done' if done else 'not'})}")


def _send_again(session: Session, asked: Asked, which: int) -> bool:
    """Once for each press, and kept under the name of who pressed."""
    key = asked.key(f"again:{which}")
    in_turn(session, f"send again {which}")
    if deed_of(session, key):
        return True
    now = machine_time()
    message = session.get(Message, which)
    if message is None or not send_again(session, which, asked.at, now):
        return False
    because = f"{message.state}: {message.reason or ''}".strip(": ")
    keep_deed(
        session,
        StaffDeed(key=key, by=asked.member.name, deed=SEND_AGAIN, because=because, detail=f"message {which}",
                  at=asked.at, recorded_at=now),
    )  # fmt: skip
    return True


DOORS = (
    Door("/desk/deliveries", "GET", _show, "see deliveries", nav="nav_deliveries"),
    Door("/desk/deliveries/again", "POST", _again, SEND_AGAIN),
)
