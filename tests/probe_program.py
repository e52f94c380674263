"""A program for within a network of the test's own: a name server that says the given addresses, and one check.

python -m tests.probe_program ADDRESS[,ADDRESS…] [NAME_SERVER]
"""

import asyncio
import json
import sys
from pathlib import Path

from handlers.probe import Aim, Server, probe
from tests.probe_names import NameServer, addresses
from tests.probe_papers import HOST


async def look(told: list[str], name_server: str | None) -> None:
    port = await NameServer(addresses(*told)).start()
    aim = Aim("gate", HOST, (443,), addresses=tuple(told))
    server = Server(name_server) if name_server else Server("127.0.0.1", port)
    report = await probe(aim, resolvers=[server], hosts=Path("/nowhere"))
    print(json.dumps(report.as_json()))


if __name__ == "__main__":
    asyncio.run(look(sys.argv[1].split(","), sys.argv[2] if len(sys.argv) > 2 else None))
