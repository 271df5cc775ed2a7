"""The ASGI application: `/live/` and static files are asynchronous, everything else is Django on a steady pool of threads.

Each thread keeps its database connection, so LINLI_THREADS × LINLI_WORKERS is the number of connections.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from linli.config import env
from linli.foundation.processes import die_with_parent, load

# Apps must be ready before anything below reads a model.
load()
pages = get_wsgi_application()

from linli.foundation import live, warming  # noqa: E402
from linli.foundation.bridge import Bridge, Receive, Send  # noqa: E402
from linli.foundation.static_serving import PREFIX, Files  # noqa: E402


class Application:
    def __init__(self) -> None:
        self.streams = live.Streams()
        self.live = live.Endpoint(self.streams)
        self.static = Files(settings.STATIC_ROOT)
        self.pages = Bridge(pages, threads=env.number("LINLI_THREADS"))

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_as_long_as_the_process(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == "/live/":
            await self.live(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self.static(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    async def _live_as_long_as_the_process(self, receive: Receive, send: Send) -> None:
        """The listener runs whether a page is open or not: it also drops stale caches."""
        await receive()
        # An open page would hold up the server's stop: `linli serve` first asks for their end.
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.streams.end)
        listener = asyncio.create_task(live.Listener(heard=self.streams.tell, lost=self.streams.reload).run())
        warm = asyncio.create_task(asyncio.to_thread(_warm))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listener.cancel()
        await warm
        with suppress(asyncio.CancelledError):
            await listener
        await send({"type": "lifespan.shutdown.complete"})


def _warm() -> None:
    """What is loaded by then stays: the collector need not look through it again and again. With a city's units and lists in it that
    stopped the process for 60 ms each time."""
    warming.warm()
    gc.collect()
    gc.freeze()


die_with_parent()
application = Application()
