"""Somebody else, who uses the page while others drag: draws at rest, uploads, loads the page."""

import json
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ANSWER_WITHIN = 30.0  # seconds
LINKED = re.compile(r'(?:src|href)="\./(assets/[^"]+)"')
IMPORTED = re.compile(r'"\./([\w-]+\.(?:js|css))"')
MOST_ASSETS = 100


class Guest:
    """A browser's traffic without a browser.

    Args:
        url: The page.
    """

    def __init__(self, url: str):
        self._http = httpx.Client(base_url=url, timeout=ANSWER_WITHIN)
        self._name = secrets.token_hex(16)
        self._session = secrets.token_hex(6)
        self._config = self._get("/config").json()
        self._api = self._config["api_prefix"]

    def render(self) -> None:
        """Draw the first recipe in full quality, and fetch the picture."""
        live = self._component("live")
        recipe = live["props"]["props"]["model"]["first_recipe"]
        number = next(
            one["id"] for one in self._config["dependencies"] if one["api_name"] == "render"
        )
        picture, _ = self._call(number, live["id"], [recipe, 1, self._name])
        path = picture["path"]
        if not self._get(f"{self._api}/file={path}").content.startswith(b"\x89PNG"):
            raise RuntimeError("The picture at rest is no PNG.")

    def upload(self, checkpoint: Path) -> None:
        """Send a checkpoint as the page does, until the page knows the new model."""
        view = self._component("live")["id"]
        data = checkpoint.read_bytes()
        answer = self._http.post(
            f"{self._api}/upload",
            params={"upload_id": secrets.token_hex(6)},
            files={"files": (checkpoint.name, data, "application/octet-stream")},
        )
        file = {
            "path": answer.raise_for_status().json()[0],
            "orig_name": checkpoint.name,
            "size": len(data),
            "mime_type": "",
            "meta": {"_type": "gradio.FileData"},
        }
        number = next(
            one["id"]
            for one in self._config["dependencies"]
            if [view, "uploaded"] in one["targets"]
        )
        live, *_ = self._call(number, view, [file, self._name])
        if checkpoint.stem not in json.dumps(live):
            raise RuntimeError(f"The upload did not open: {str(live)[:300]}")

    def load_page(self) -> None:
        """Fetch the page, its configuration, and the assets that it starts with."""
        linked = set(LINKED.findall(self._get("/").text))
        self._get("/config")
        scripts = [self._get(f"/{path}").text for path in sorted(linked)]
        imported = {f"assets/{name}" for text in scripts for name in IMPORTED.findall(text)}
        for path in sorted(imported - linked)[:MOST_ASSETS]:
            self._get(f"/{path}")

    def close(self) -> None:
        """Leave."""
        self._http.close()

    def _get(self, path: str) -> httpx.Response:
        return self._http.get(path).raise_for_status()

    def _component(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            one for one in self._config["components"] if one["props"].get("elem_id") == name
        )
        return found

    def _call(self, number: int, trigger: int, data: list[Any]) -> list[Any]:
        """Join Gradio's queue with event `number` and wait for its outputs."""
        body = {
            "data": data,
            "event_data": None,
            "fn_index": number,
            "trigger_id": trigger,
            "session_hash": self._session,
        }
        self._http.post(f"{self._api}/queue/join", json=body).raise_for_status()
        patience = time.monotonic() + ANSWER_WITHIN
        where = {"session_hash": self._session}
        with self._http.stream("GET", f"{self._api}/queue/data", params=where) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line else {}
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(f"The event failed: {message['output']}")
                    outputs: list[Any] = message["output"]["data"]
                    return outputs
                if time.monotonic() > patience:
                    break
        raise RuntimeError("The event gave no answer.")


def seconds_of(action: Callable[[], None]) -> float:
    """How long `action` takes, in seconds."""
    started = time.perf_counter()
    action()
    return round(time.perf_counter() - started, 3)
