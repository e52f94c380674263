"""Files in the local Slack of the tests: announced, uploaded, and shared in a channel where the bot is."""

import re
import secrets

from tests.slack_blocks import LIMITS, Json, Refused, Violation, characters, many, shape, string
from tests.slack_workspace import BOT, Channel, Message, Upload, Workspace, im_of

_CHANNEL = re.compile(LIMITS["upload"]["channel_id"])
_NAMED = many(1, 100, shape({"id": string(255)}, {"title": string(LIMITS["upload"]["name_max"])}))


class Files(Workspace):
    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, Upload] = {}  # by the last part of the address that takes the content

    @property
    def shared(self) -> list[tuple[Message, Upload]]:
        """Every file that people see, with its message, oldest first."""
        return [(message, file) for message in self._messages for file in message.files]

    def url_of_upload(self, key: str) -> str:
        raise NotImplementedError

    def upload(self, key: str, content: bytes) -> None:
        """Take the content that was posted to the address of an announced file."""
        file = self.uploads.get(key)
        if file is None:
            raise Refused("no such upload")
        if len(content) != file.length:
            raise Violation("length", f"{file.name} was announced with {file.length} bytes and has {len(content)}")
        file.content = content

    def _files_getuploadurlexternal(self, said: Json) -> Json:
        characters(said["filename"], LIMITS["upload"]["name_max"], "files.getUploadURLExternal: filename")
        if said["length"] < 1:
            raise Violation("missing_argument", "files.getUploadURLExternal: a file cannot be empty")
        key = secrets.token_urlsafe(18)
        self.uploads[key] = Upload(f"F0{secrets.token_hex(4).upper()}", said["filename"], said["length"])
        return {"upload_url": self.url_of_upload(key), "file_id": self.uploads[key].id}

    def _files_completeuploadexternal(self, said: Json) -> Json:
        _NAMED(said["files"], "files.completeUploadExternal: files")
        if "channels" in said or "blocks" in said:
            raise Violation("invalid_arguments", "files.completeUploadExternal: only channel_id is played here")
        wanted = said.get("channel_id")
        if wanted is not None and not _CHANNEL.fullmatch(wanted):
            raise Violation(
                "invalid_arguments", f"files.completeUploadExternal: {wanted} is no channel (a person is none)"
            )
        channel = self.place(wanted) if wanted else None
        if channel:
            self.check_thread(channel, said.get("thread_ts"))
        files = [self._completed(one) for one in said["files"]]
        if channel:
            told = {"thread_ts": said.get("thread_ts"), "files": files}
            self.write(BOT, channel.id, said.get("initial_comment", ""), **told)
        return {"files": [file.json() for file in files]}

    def _completed(self, named: Json) -> Upload:
        file = next((file for file in self.uploads.values() if file.id == named["id"]), None)
        if file is None or file.content is None:
            raise Violation("file_not_found", f"{named['id']} was not uploaded")
        if file.shared:
            raise Violation("file_not_found", f"{file.name} is completed already")
        file.shared, file.title = True, named.get("title", "")
        return file

    def place(self, wanted: str) -> Channel:
        channel = self.channels.get(im_of(wanted) if wanted.startswith(("U", "W")) else wanted)
        if channel is None or (channel.kind == "private" and BOT not in channel.members):
            raise Refused("channel_not_found")
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def check_thread(self, channel: Channel, thread_ts: str | None) -> None:
        if thread_ts is None:
            return
        parent = next((message for message in self.messages(channel.id) if message.ts == thread_ts), None)
        if parent is None:
            raise Refused("cannot_reply_to_message")
        if parent.thread_ts not in (None, parent.ts):
            raise Violation("cannot_reply_to_message", f"thread_ts {thread_ts} is a reply's, not that of its parent")
