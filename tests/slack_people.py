"""What people do in the local Slack of the tests: write, mention, command, press, open the Home, fill in a window."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from tests import slack_events as events
from tests.slack_blocks import Json, Refused, Violation
from tests.slack_calls import Calls
from tests.slack_contract import check_reply, check_view
from tests.slack_socket import Courier, Sent, told_in
from tests.slack_workspace import BOT, Channel, Message, User, View, im_of


class People(Calls, Courier):
    """Each deed tells the bot, and gives back what the bot answered."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        Calls.__init__(self)
        Courier.__init__(self, http)

    def written(self, user: User, text: str, channel: str = "", thread_ts: str | None = None) -> Message:
        """Keep what a user writes, without telling the bot: in the channel, or else to the bot alone."""
        place = self.channels[channel or im_of(user.id)]
        place.members.add(user.id)
        return self.write(user.id, place.id, events.as_sent(text), thread_ts=thread_ts)

    async def say(self, user: User, text: str, channel: str = "", thread_ts: str | None = None) -> Sent:
        message = self.written(user, text, channel, thread_ts)
        return await self.deliver(events.message_event(message, user, self._of(message)), message.ts)

    async def mention(self, user: User, channel: str, text: str, thread_ts: str | None = None) -> Sent:
        """Only the mention is sent. A bot that hears the channel's messages as well is told by `also_message`."""
        message = self.written(user, f"<@{BOT}> {text}", channel, thread_ts)
        return await self.deliver(events.mention_event(message, user, self._of(message)), message.ts)

    async def also_message(self, mentioned: Sent) -> Sent:
        """The same mention as the message event that a subscribed bot gets besides."""
        message = next(one for one in self._messages if one.ts == mentioned.ts)
        user = self.users[message.user]
        return await self.deliver(events.message_event(message, user, self._of(message)), message.ts)

    async def edit(self, user: User, ts: str, text: str) -> Sent:
        message = next(one for one in self._messages if one.ts == ts and one.user == user.id)
        before, message.text, message.edited = message.text, events.as_sent(text), True
        return await self.deliver(events.changed_event(message, user, self._of(message), before), ts)

    async def share_file(self, user: User, name: str, text: str = "", channel: str = "") -> Sent:
        message = self.written(user, text, channel)
        return await self.deliver(events.file_event(message, user, self._of(message), name), message.ts)

    async def another_bot_says(self, channel: str, text: str) -> Sent:
        message = self.write("U0OTHERBOT", channel, events.as_sent(text))
        return await self.deliver(events.bot_event(message, self._of(message)), message.ts)

    async def open_home(self, user: User, tab: str = "home") -> Sent:
        return await self.deliver(events.home_event(self, user, tab))

    async def command(self, user: User, channel: str, words: str = "", name: str = "/usher") -> Sent:
        place = self.channels[channel or im_of(user.id)]
        place.members.add(user.id)
        sent = await self.instruct(events.command(self, user, place, name, words))
        with self._listed(f"the answer to {name}"):
            if told := told_in(sent.answers[0]):
                check_reply(told)
                self.put(user, place.id, told)
        return sent

    async def press(self, user: User, place: Message | View | Json, words: str) -> Sent:
        """Press the button, or choose the option, that shows these words. `place` may be a view's JSON as well."""
        at = self.views[place["id"]] if isinstance(place, dict) else place
        if isinstance(at, Message):
            assert any(at is one for one in self._messages), "the message is gone"
            assert at in self.shown_to(user), f"{user.id} does not see it"
        else:
            assert at.user == user.id, f"this view is {at.user}'s"
        return await self.interact(events.press(self, user, at, words))

    async def submit(self, user: User, view: View, typed: dict[str, str]) -> Sent:
        """Fill in and send the window. It closes, unless the bot answers with errors or with another window."""
        assert self.modals.get(user.id) is view, "this window is not open"
        sent = await self.interact(events.submission(self, user, view, typed))
        with self._listed("the answer to view_submission"):
            told = told_in(sent.answers[0])
            self._close(user, view, told) if sent.ok else None
        return sent

    def _close(self, user: User, view: View, told: Json) -> None:
        action = told.get("response_action", "clear")
        inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
        if action == "errors":
            if not told["errors"] or told["errors"].keys() - inputs:
                raise Violation("invalid_arguments", f"errors must be at inputs ({inputs}): {told['errors']}")
        elif action in ("update", "push"):
            check_view(f"response_action {action}", told["view"])
            self.change(view, told["view"])
        elif action == "clear":
            del self.modals[user.id]
        else:
            raise Violation("invalid_arguments", f"there is no response_action {action!r}")

    @contextmanager
    def _listed(self, where: str) -> Iterator[None]:
        try:
            yield
        except Violation as violation:
            self.complain(f"{where}: {violation.sentence}")
        except Refused as refused:
            self.complain(f"{where}: {refused.error}")

    def _of(self, message: Message) -> Channel:
        channel = self.channels[message.channel]
        assert BOT in channel.members, f"Slack tells the bot nothing of {channel.id}, where it is not"
        return channel
