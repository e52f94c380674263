"""The yardsticks: bots that say back what they hear, as the libraries' own first examples do, and do nothing else."""

import asyncio
import os
from socket import create_server
from typing import Any

import aiohttp
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, MessageHandler, filters


def echo_in_slack() -> None:
    asyncio.run(_slack())


async def _slack() -> None:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_API_URL"], session=session)
        app = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
        handler = AsyncSlackRequestHandler(app)

        @app.event("message")
        async def echo(event: dict[str, Any], client: AsyncWebClient) -> None:
            await client.chat_postMessage(channel=event["channel"], text=event["text"])

        async def events(request: Request) -> Response:
            return await handler.handle(request)

        web = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
        config = uvicorn.Config(web, log_config=None, access_log=False, lifespan="off")
        with create_server(("127.0.0.1", 0), backlog=2048) as listening:
            print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
            await uvicorn.Server(config).serve([listening])


def echo_in_telegram() -> None:
    base = f"{os.environ['TELEGRAM_API_URL']}/bot"
    builder = Application.builder().token(os.environ["TELEGRAM_BOT_TOKEN"]).base_url(base).job_queue(None)
    application = builder.concurrent_updates(True).build()  # else it answers one person after the other

    async def echo(update: Update, _: Any) -> None:
        if update.message:
            await update.message.reply_text(update.message.text or "")

    application.add_handler(MessageHandler(filters.TEXT, echo))
    print("http://127.0.0.1:1/", flush=True)
    application.run_polling()
