"""How long a client may take to say what it wants: who never does holds a connection for nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 20.0
"""seconds from the first byte of a request to the end of its head"""
BODY_S = 960.0
"""seconds that a body may take, whether or not it was answered before its end"""


class Patience(H11Protocol):
    """HTTP that ends a connection whose request has begun and does not come to its end."""

    _waits: asyncio.TimerHandle | None = None
    _at: object = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._still()
        super().connection_lost(exc)

    def _look(self) -> None:
        state = self.conn.their_state
        if state is self._at and self._waits is not None:
            return
        self._still()
        self._at = state
        if state is h11.IDLE:
            self._waits = self.loop.call_later(HEAD_S, self._end)
        elif state is h11.SEND_BODY:
            self._waits = self.loop.call_later(BODY_S, self._end)

    def _still(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _end(self) -> None:
        self._waits = None
        if self.conn.their_state is self._at and not self.transport.is_closing():
            self.transport.close()
