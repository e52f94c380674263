"""The cast of the desk's pages beside the cases: an Usher with the circular of 2023, two firms, and its desk."""

from pathlib import Path

import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr
from sqlmodel import Session

from bot.app import App
from bot.channels import Channels
from bot.clock import CampaignClock, machine_time
from bot.settings import Settings
from handlers.reception import Reception
from models.campaign import Campaign
from models.conversation import record
from models.message import Address, Ask, Behaviour, Reply
from models.outbox import Posting, post
from models.store import Store
from tests.desk_cast import name_the_desk, press
from tests.reception_cast import MORNING
from tests.status_cast import ALPHA
from tests.web_cast import KEY as SECRET

FIRM = f"/desk/participants/{ALPHA}"
PAGES = ("/desk/participants", FIRM, "/desk/seats", "/desk/questions", "/desk/unreached", "/desk/deliveries",
         "/desk/state")  # fmt: skip
FORMS = ("case", "line", "hold", "free", "correct", "end")
BECAUSE = "Amy Wong phoned & named her <colleague>"
AMY = Address("web", "amy")


@pytest.fixture
async def firms_usher(store: Store, campaign: Campaign, understanding: Path, two_firms: dict[str, int]) -> App:
    """An Usher with the circular of 2023, two firms, and Sam and Olivia at the desk."""
    await store.write(name_the_desk)
    settings = Settings(secret_key=SecretStr(SECRET), var=understanding.parent)
    reception = Reception(store, [campaign], machine_time, understanding)
    clock = CampaignClock(MORNING, elapsed=lambda: 0.0)
    channels = Channels(settings, store, reception, (campaign,), clock)
    return App(settings, store, (campaign,), reception, clock, channels=channels)


async def shown(client: AsyncClient, path: str, **find: str) -> str:
    answer = await client.get(path, params=find or None)
    assert answer.status_code == 200, answer.text
    return answer.text


async def act(client: AsyncClient, form: str, **fields: str) -> Response:
    return await press(client, FIRM, f"{FIRM}/{form}", **({"because": BECAUSE} | fields))


def posted(session: Session, to: Address, text: str, key: str, about: str | None = None) -> int:
    return post(session, Posting(key, to, Reply(text), MORNING, about), machine_time()).id or 0


def asked(session: Session, who: str, text: str, behaviour: Behaviour = "escalate") -> None:
    ask = Ask(f"{who} {text}", Address("web", who), Address("web", who), text, MORNING)
    record(session, ask, Reply("–", behaviour), recorded_at=machine_time())
