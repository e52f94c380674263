"""Joins the channels that have a token with the reception, the outbox and one another; starts and stops them."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Protocol

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.cards import Cards
from bot.clock import CampaignClock, machine_time
from bot.connections import Connections
from bot.intake import Answering, Intake
from bot.page.channel import WebChat
from bot.rooms import alarms, desk_rooms, second_tier, support_rooms
from bot.settings import Settings
from bot.skew import Skew
from handlers.commands import Command, menu
from handlers.forms import form
from handlers.front import Front
from handlers.reception import Reception
from handlers.reminders import Reminders
from models import leases, reach
from models.campaign import Campaign
from models.message import Address, Ask, Channel, Choice, Form
from models.outbox import Message, redirect, withdraw
from models.reminders import Timetable
from models.store import Store
from scheduler.delivery import Also, Delivery

if TYPE_CHECKING:
    from bot.slack import Slack
    from bot.telegram import Telegram


class Listening(Channel, Answering, Protocol):
    """A channel on which people also ask."""

    @property
    def skew(self) -> Skew: ...

    async def start(self) -> None: ...

    async def stop_listening(self) -> None: ...

    async def close(self) -> None: ...

    async def handle(self, request: Request) -> Response: ...


@dataclass
class Inside:
    """What the channels may ask of Usher."""

    store: Store
    reception: Reception
    campaigns: tuple[Campaign, ...]
    clock: CampaignClock
    copy: str
    intake: Intake = field(init=False)

    async def take(self, *asks: Ask) -> None:
        await self.intake.take(*asks)

    async def front(self, person: Address) -> Front:
        return await self.reception.front(person, self.clock.now())

    async def language_for(self, ask: Ask) -> str:
        return await self.reception.language_for(ask)

    def form(self, action: str, language: str) -> Form | None:
        return form(action, lambda phrase: self.say(phrase, language))

    async def may_reply(self, person: Address) -> bool:
        return await self.reception.support.may_reply(person)

    async def colleagues(self, person: Address, number: int) -> list[Choice]:
        return await self.reception.support.colleagues(person, number)

    def room_is_shared(self, room: Address, shared: bool) -> None:
        self.reception.support.note_shared(room, shared)

    async def moved(self, old: Address, new: Address) -> None:
        await self.store.write(redirect, old, new, machine_time())

    async def left(self, room: Address, why: str) -> None:
        await self.store.write(reach.close, room, why, machine_time())

    async def hold(self, name: str, seconds: float) -> bool:
        return await self.store.write(leases.hold, name, self.copy, machine_time(), timedelta(seconds=seconds))

    async def let_go(self, name: str) -> None:
        await self.store.write(leases.let_go, name, self.copy)

    def menu(self, language: str) -> list[Command]:
        return menu(self.campaigns, language)

    def say(self, phrase: str, language: str, **fields: object) -> str:
        return self.reception.phrasing.say(language, self.clock.now(), phrase, None, **fields).text


class Channels:
    """Every way in and out of one copy of Usher, but for the web page itself."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        reception: Reception,
        campaigns: tuple[Campaign, ...],
        clock: CampaignClock,
    ) -> None:
        self.copy = token_hex(8)
        self._inside = Inside(store, reception, campaigns, clock, self.copy)
        self.listening = dict(_listening(settings, self._inside))
        out: dict[str, Channel] = {"web": WebChat(store, clock.now, machine_time), **self.listening}
        if mail := _mail(settings, campaigns):
            out["mail"] = mail
        self._support = reception.support
        self._support.hours, self._support.alarms = settings.support_hours, alarms(settings)
        self._support.second_tier = second_tier(settings)
        self.reminders = Reminders(
            reception.phrasing,
            Timetable(campaigns),
            tuple(out),
            support_rooms(settings),
            clock.now,
            machine_time,
            not settings.demo,
        )
        self.intake = self._inside.intake = Intake(store, reception, self.listening, machine_time, self.copy)
        self.delivery = Delivery(
            store,
            out,
            campaign_time=clock.now,
            machine_time=machine_time,
            copy=self.copy,
            also=Also(self._ready, self._failed, self._support.settled),
        )
        self.cards = Cards(store, out, desk_rooms(settings), self._support, clock.now, machine_time)

        self.connections = Connections(
            store, campaigns, out, support_rooms(settings), clock.now, machine_time, self.copy
        )

    def _ready(
        self, session: Session, messages: Sequence[Message], campaign_now: datetime, now: datetime
    ) -> Sequence[Message]:
        """Whatever the desk is told of is told to nobody else: nothing goes to a room of its that others share."""
        ours = [one for one in messages if self._support.may_go_out(one)] if self._support.closed else messages
        for one in messages if len(ours) < len(messages) else ():
            if one not in ours:
                withdraw(session, one, "shared with another organisation", now)
        return self.reminders.ready(session, ours, campaign_now, now)

    def _failed(self, session: Session, message: Message) -> None:
        self._support.undelivered(session, message)
        self.reminders.failed(session, message)

    def routes(self) -> list[Route]:
        """Where the platforms reach Usher."""
        paths = {"slack": "/slack/events", "telegram": "/telegram/webhook"}
        return [Route(paths[name], channel.handle, methods=["POST"]) for name, channel in self.listening.items()]

    async def start(self) -> None:
        self.intake.start()
        self.delivery.start()
        self.connections.start()
        for channel in self.listening.values():
            await channel.start()
        self.cards.start()

    async def stop(self) -> None:
        """Take nothing more in, finish what was begun, and let go."""
        async with AsyncExitStack() as closing:
            for channel in self.listening.values():
                closing.push_async_callback(channel.close)
            for channel in self.listening.values():
                await channel.stop_listening()
            await self.intake.stop()
            await self.connections.stop()
            await self.cards.stop()
            await self.delivery.stop()


def mail_sender(settings: Settings) -> str | None:
    """Who Usher's mails come from; None where it sends none."""
    return settings.mail_from if settings.smtp_url else None


def _listening(settings: Settings, inside: Inside) -> Mapping[str, Listening]:
    """The channels whose token is set. Their libraries are imported only then: each costs a third of a second."""
    found: dict[str, Listening] = {}
    if settings.slack_bot_token:
        found["slack"] = _slack(settings, inside)
    if settings.telegram_bot_token:
        found["telegram"] = _telegram(settings, inside)
    return found


def _slack(settings: Settings, inside: Inside) -> "Slack":
    from bot.slack import Access, Slack

    access = Access(
        settings.slack_bot_token.get_secret_value(),
        settings.slack_api_url,
        settings.slack_signing_secret.get_secret_value(),
        settings.slack_app_token.get_secret_value(),
    )
    return Slack(access, inside, inside.clock.now, desk_rooms(settings))


def _telegram(settings: Settings, inside: Inside) -> "Telegram":
    from bot.telegram import Access, Telegram

    secret = settings.telegram_webhook_secret.get_secret_value()
    webhook = f"{(settings.public_url or '').rstrip('/')}/telegram/webhook" if secret else ""
    access = Access(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url, webhook, secret)
    return Telegram(access, inside, inside.clock.now, desk_rooms(settings))


def _mail(settings: Settings, campaigns: tuple[Campaign, ...]) -> Channel | None:
    if not settings.smtp_url:
        return None
    from bot.mail import Mail

    return Mail(
        settings.smtp_url.get_secret_value(), settings.mail_from, machine_time, campaigns, page=settings.public_url
    )
