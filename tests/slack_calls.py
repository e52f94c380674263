"""What each call of the bot does in the workspace of the tests, and with which answer."""

from collections.abc import Callable

from tests.slack_blocks import LIMITS, Json, Refused, Violation
from tests.slack_contract import check_message, check_reply, check_view
from tests.slack_files import Files
from tests.slack_workspace import BOT, BOT_ID, TEAM, Message, im_of, with_ids


class Calls(Files):
    def answer(self, method: str, arguments: Json) -> Json:
        """Carry out a call whose arguments are known and of the right type."""
        carry_out: Callable[[Json], Json] = getattr(self, "_" + method.replace(".", "_").lower())
        return {"ok": True} | carry_out(arguments)

    def reply(self, key: str, reply: Json) -> Json:
        """Carry out what was posted to a response URL."""
        link = self.links.get(key)
        limits = LIMITS["response_url"]
        if link is None or self.now() - link.made_at > limits["lifetime_minutes"] * 60:
            raise Refused("expired_url")
        if link.used >= limits["uses"]:
            raise Refused("used_url")
        check_reply(reply)
        link.used += 1
        self.put(self.users[link.user], link.channel, reply, link.original)
        return {"ok": True}

    def _auth_test(self, _: Json) -> Json:
        who = {"user": "usher", "user_id": BOT, "bot_id": BOT_ID}
        return {"url": self.url, "team": self.team, "team_id": TEAM, "is_enterprise_install": False} | who

    def _api_test(self, said: Json) -> Json:
        if "error" in said:
            raise Refused(said["error"])
        return {"args": said}

    def _chat_postmessage(self, said: Json) -> Json:
        check_message("chat.postMessage", said)
        channel = self.place(said["channel"])
        self.check_thread(channel, said.get("thread_ts"))
        message = self.write(BOT, channel.id, **_shown(said))
        return {"channel": channel.id, "ts": message.ts, "message": message.json()}

    def _chat_postephemeral(self, said: Json) -> Json:
        check_message("chat.postEphemeral", said)
        channel = self.place(said["channel"])
        if said["user"] not in channel.members:
            raise Refused("user_not_in_channel")
        self.check_thread(channel, said.get("thread_ts"))
        return {"message_ts": self.write(BOT, channel.id, only_for=said["user"], **_shown(said)).ts}

    def _chat_update(self, said: Json) -> Json:
        message = self._own(said, "cant_update_message")
        check_message("chat.update", said)
        shown = _shown(said)
        message.text, message.blocks = shown["text"], with_ids(shown["blocks"])
        message.edited = True
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.json()}

    def _chat_delete(self, said: Json) -> Json:
        message = self._own(said, "cant_delete_message")
        self._messages.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    def _views_open(self, said: Json) -> Json:
        check_view("views.open", said["view"])
        if said["view"]["type"] != "modal":
            raise Violation("invalid_arguments", "views.open opens modals only")
        if "trigger_id" not in said:
            raise Violation("invalid_arguments", "views.open needs trigger_id")
        user, made_at = self.triggers.get(said["trigger_id"], ("", 0.0))
        if not user:
            raise Refused("invalid_trigger_id")
        if said["trigger_id"] in self.exchanged:
            raise Refused("exchanged_trigger_id")
        if self.now() - made_at > LIMITS["trigger_id"]["lifetime_seconds"]:
            raise Refused("expired_trigger_id")
        self.exchanged.add(said["trigger_id"])
        self.modals[user] = self.new_view(user, said["view"])
        return {"view": self.modals[user].json()}

    def _views_publish(self, said: Json) -> Json:
        check_view("views.publish", said["view"])
        if said["view"]["type"] != "home":
            raise Violation("invalid_arguments", "views.publish publishes the Home only")
        if said["user_id"] not in self.users:
            raise Refused("user_not_found")
        before = self.homes.get(said["user_id"])
        if before and said.get("hash", before.hash) != before.hash:
            raise Refused("hash_conflict")
        self.homes[said["user_id"]] = self.new_view(said["user_id"], said["view"], before)
        return {"view": self.homes[said["user_id"]].json()}

    def _views_update(self, said: Json) -> Json:
        check_view("views.update", said["view"])
        view = self.views.get(said.get("view_id", ""))
        if view is None:
            raise Refused("not_found")
        if said["view"]["type"] != view.content["type"]:
            raise Violation("invalid_arguments", "views.update cannot change a view's type")
        if said.get("hash", view.hash) != view.hash:
            raise Refused("hash_conflict")
        return {"view": self.change(view, said["view"]).json()}

    def _conversations_info(self, said: Json) -> Json:
        channel = self.channels.get(said["channel"])
        if channel is None or (channel.kind != "public" and BOT not in channel.members):
            raise Refused("channel_not_found")
        told = {"id": channel.id, "name": channel.name, "is_channel": channel.kind == "public"}
        told |= {"is_group": channel.kind == "private", "is_im": channel.kind == "im", "context_team_id": TEAM}
        told |= {"is_private": channel.kind != "public", "is_archived": channel.archived}
        told |= {"is_ext_shared": channel.shared, "is_shared": channel.shared, "is_member": BOT in channel.members}
        told |= {"user": next(iter(channel.members - {BOT}))} if channel.kind == "im" else {}
        told |= {"locale": "en-GB"} if said.get("include_locale") else {}
        return {"channel": told}

    def _conversations_open(self, said: Json) -> Json:
        users = said["users"].split(",") if said.get("users") else []
        if len(users) > 1:
            raise Violation(
                "invalid_arguments", "conversations.open: conversations of several people are not played here"
            )
        wanted = said.get("channel") or (im_of(users[0]) if users else "")
        if not wanted:
            raise Violation("users_list_not_supplied", "conversations.open needs channel or users")
        if wanted not in self.channels:
            raise Refused("user_not_found" if users else "channel_not_found")
        return {"channel": {"id": wanted}, "no_op": True, "already_open": True}

    def _users_info(self, said: Json) -> Json:
        user = self.users.get(said["user"])
        if user is None:
            raise Refused("user_not_found")
        told: Json = {
            "id": user.id,
            "team_id": user.team,
            "name": user.name,
            "real_name": user.name.title(),
            "tz": user.tz,
        }
        told |= {"profile": {"real_name": user.name.title(), "display_name": user.name, "team": user.team}}
        told |= {"locale": user.locale} if said.get("include_locale") else {}
        return {"user": told | {"deleted": False, "is_bot": False, "is_stranger": user.team != TEAM}}

    def _own(self, said: Json, error: str) -> Message:
        if said["channel"].startswith(("U", "W")):
            raise Violation(
                "channel_not_found", f"a message is changed by its channel, not by a user ({said['channel']})"
            )
        channel = self.place(said["channel"])
        message = next((message for message in self.messages(channel.id) if message.ts == said["ts"]), None)
        if message is None:
            raise Refused("message_not_found")
        if message.user != BOT:
            raise Refused(error)
        return message


def _shown(said: Json) -> Json:
    words = said.get("text") or said.get("markdown_text", "")
    shown = {"text": words, "blocks": said.get("blocks", [])}
    return shown | ({"thread_ts": said["thread_ts"]} if said.get("thread_ts") else {})
