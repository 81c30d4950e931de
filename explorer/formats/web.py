"""Checkpoints from http(s) URLs: counted while they come, checked by hash, kept in a cache.

For a visitor of the page every name on the way, redirects included, must lead to public addresses
alone, and the connection goes to the very address that was checked. No file format is known here.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from explorer.errors import CheckpointError
from explorer.formats import addresses
from explorer.formats.deadlines import Deadline
from explorer.formats.records import quote
from explorer.formats.trust import Report, Trust, cache_folder, ignore, megabytes

REDIRECTS = 5
TIMEOUT = 30.0  # seconds between two signs of life
LONGEST_HEADERS = 90.0  # seconds for all redirects, to the body of the file
LONGEST = 6 * 3600.0  # seconds for a whole file
NAME_LENGTH = 80  # bytes
MEANINGS = {
    401: "the server wants a login",
    403: "the server refuses to hand it out",
    404: "there is no such file on the server",
    410: "the file is gone from the server",
}


@dataclass(frozen=True)
class Network:
    """How names become addresses, and which of these anybody may reach."""

    resolve: Callable[[str, int], list[str]] = addresses.resolve
    is_public: Callable[[str], bool] = addresses.is_public


def fetch_url(
    address: str, trust: Trust, report: Report = ignore, network: Network = Network()
) -> Path:
    """Fetch the file at the URL `address`, which may end in `#sha256=` and the file's hash.

    A file is taken from the cache if its hash is known, or if the server gives the same ETag.

    Raises:
        CheckpointError: It cannot be had, is too large, is another file, or is not allowed.
    """
    url, digest = _parse(address)
    shown = quote(f"{url.host}{url.path}")  # neither passwords nor signatures
    folder, name = cache_folder(trust) / "web", _file_name(url)
    if digest and (folder / digest / name).is_file():
        return folder / digest / name
    try:
        with _open(url, trust, network) as response:
            validator = response.headers.get("etag", "")
            key = digest or hashlib.sha256(f"{url}\n{validator}".encode()).hexdigest()
            kept = folder / key / name
            if not validator or not kept.is_file():
                _receive(response, kept, digest, trust, report)
            return kept
    except CheckpointError as error:
        raise CheckpointError(f"{shown}: {error.problem}", fix=error.fix) from error
    except httpx.HTTPError as error:
        raise CheckpointError(
            f"{shown}: the server cannot be reached, or broke off.",
            fix="Check the address and the connection, then try again.",
        ) from error
    except OSError as error:
        raise CheckpointError(
            f"{shown}: it cannot be kept here: {error.strerror}.",
            fix="Make room, or set HF_HOME to another place.",
        ) from error


def _parse(address: str) -> tuple[httpx.URL, str]:
    """The URL without its fragment, and the SHA-256 in the fragment, '' if there is none."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _malformed(address) from error
    if not url.host:
        raise _malformed(address)
    match = re.fullmatch(r"sha256=([0-9a-f]{64})", url.fragment.lower())
    if url.fragment and not match:
        raise CheckpointError(
            f"{quote(url.fragment)} behind the # is no hash.",
            fix="Write #sha256= and the 64 hexadecimal digits, or nothing.",
        )
    return url.copy_with(fragment=None), match[1] if match else ""


def _malformed(address: str) -> CheckpointError:
    return CheckpointError(
        f"{quote(address)} is no link.", fix="Write one like https://example.org/network.pkl."
    )


def _file_name(url: httpx.URL) -> str:
    """A harmless file name that still says what the URL calls it."""
    name = re.sub(r"[^\w.-]+", "_", url.path.rpartition("/")[2]).encode()[-NAME_LENGTH:]
    return name.decode(errors="ignore").lstrip(".") or "checkpoint"


@contextmanager
def _open(url: httpx.URL, trust: Trust, network: Network) -> Iterator[httpx.Response]:
    """The answer at the end of all redirects, not read yet."""
    # The environment holds proxies and passwords (.netrc): the host's, not a visitor's.
    with httpx.Client(
        timeout=TIMEOUT,
        trust_env=trust.private_addresses,
        verify=httpx.create_ssl_context(),
        headers={"Accept-Encoding": "identity"},
    ) as client:
        response = _follow(client, url, trust, network)
        try:
            _require_file(response)
            with Deadline(LONGEST) as deadline:
                deadline.watch(response.extensions["network_stream"])
                yield response
        finally:
            response.close()


def _follow(client: httpx.Client, url: httpx.URL, trust: Trust, network: Network) -> httpx.Response:
    """The answer that is no redirect."""
    with Deadline(LONGEST_HEADERS) as deadline:
        try:
            for _ in range(REDIRECTS + 1):
                response = _ask(client, url, trust, network, deadline)
                if not response.has_redirect_location:
                    return response
                response.close()
                url = url.join(response.headers["location"])
        except httpx.TransportError as error:
            if deadline.is_over:
                raise _too_slow() from error
            raise
    raise CheckpointError("it redirects again and again.", fix="Use the link to the file itself.")


def _ask(
    client: httpx.Client, url: httpx.URL, trust: Trust, network: Network, deadline: Deadline
) -> httpx.Response:
    """Ask for `url` at the first of its addresses that answers."""
    _require_scheme(url, trust)
    follow = {"trace": deadline.follow}
    if trust.private_addresses:
        return client.send(client.build_request("GET", url, extensions=follow), stream=True)
    refused: httpx.TransportError = httpx.ConnectError("no address")
    for address in _public_addresses(url, network):
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii"), **follow},
        )
        try:
            return client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            refused = error
        if deadline.is_over:
            break
    raise refused


def _too_slow() -> CheckpointError:
    return CheckpointError(
        f"the server did not answer within {LONGEST_HEADERS:g} seconds.", fix="Try again later."
    )


def _require_scheme(url: httpx.URL, trust: Trust) -> None:
    if url.scheme != "https" and not (url.scheme == "http" and trust.plain_http):
        raise CheckpointError(
            f"it leads to {quote(str(url.copy_with(query=None)))}, which is not https.",
            fix="Use a link that begins with https://.",
        )


def _public_addresses(url: httpx.URL, network: Network) -> list[str]:
    """The addresses of the host of `url`, if every one of them is public."""
    found = network.resolve(url.host, url.port or 443)
    if not found:
        raise CheckpointError(
            f"there is no server called {quote(url.host)}.", fix="Check the address."
        )
    if not all(map(network.is_public, found)):
        raise CheckpointError(
            f"it leads to {quote(url.host)}, which is not on the public internet.",
            fix="Download it yourself and open the file.",
        )
    return found


def _require_file(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        meaning = MEANINGS.get(response.status_code, "the server cannot hand it out now")
        raise CheckpointError(
            f"{meaning} (status {response.status_code}).", fix="Check the link in a browser."
        )
    if response.headers.get("content-encoding", "identity") != "identity":
        raise CheckpointError(
            "the server sends it compressed, though asked not to.",
            fix="Download it yourself and open the file.",
        )


def _receive(
    response: httpx.Response, target: Path, digest: str, trust: Trust, report: Report
) -> None:
    """Write the body of `response` to `target`, completely or not at all."""
    length = response.headers.get("content-length", "")
    total = int(length) if length.isdecimal() else None
    _require_small(total or 0, trust)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{uuid4().hex}.incomplete")
    try:
        found = _write(response, temporary, total, trust, report)
        if digest and found != digest:
            raise CheckpointError(
                f"its SHA-256 is {found}, expected was {digest}.",
                fix="Do not use it before you know why; ask its author for the hash.",
            )
        temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _write(
    response: httpx.Response, target: Path, total: int | None, trust: Trust, report: Report
) -> str:
    """Write the body as it comes and return its SHA-256."""
    digest, done, until = hashlib.sha256(), 0, time.monotonic() + LONGEST
    with target.open("wb") as file:
        for chunk in response.iter_raw():  # as it comes, so that a trickle is noticed too
            done += len(chunk)
            _require_small(done, trust)
            if time.monotonic() > until:
                raise CheckpointError(
                    f"it did not arrive within {LONGEST / 3600:g} hours.", fix="Try another server."
                )
            file.write(chunk)
            digest.update(chunk)
            report(done, total)
    return digest.hexdigest()


def _require_small(size: int, trust: Trust) -> None:
    if size > trust.limit_bytes:
        raise CheckpointError(
            f"it is larger than {megabytes(trust.limit_bytes)}, which is the limit here.",
            fix="Use a smaller file, or start the explorer with a higher limit.",
        )
