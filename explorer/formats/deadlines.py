"""A time by which a server has answered, whatever it does meanwhile.

A timeout of a socket begins anew with every byte, and nobody is asked while a line is incomplete.
"""

import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any


class Deadline:
    """Cuts the connections that were made under it once the time is over.

    A request is under it whose extension `trace` is `follow`.

    Args:
        seconds: Between the `with` and the cut.
    """

    def __init__(self, seconds: float):
        self._until = time.monotonic() + seconds
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._until

    def follow(self, event: str, info: Mapping[str, Any]) -> None:
        """Note the connection of a request; see httpx's extension `trace`."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        self.watch(info["return_value"])

    def watch(self, stream: Any) -> None:
        """Note a connection that is there, httpcore's `NetworkStream`."""
        with self._lock:
            self._connections.append(stream.get_extra_info("socket"))
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for connection in self._connections:
                _hang_up(connection)


def _hang_up(connection: socket.socket) -> None:
    """Let whoever reads from `connection` find its end; closing is left to its owner."""
    try:
        # Below TLS, whose state is another thread's.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:  # closed already, or handed on to TLS: then `follow` is called again
        return
