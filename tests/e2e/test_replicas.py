"""Two replicas behind nginx, by the configuration of `docs/hosting`, and without stickiness."""

import contextlib
import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from playwright.sync_api import expect

from benchmarks.serving import ROOT, free_port, serving
from explorer.images import recipe_of
from tests.e2e.conftest import AVATARS, golden
from tests.e2e.steps import WIDE, Visit, link
from tests.test_counters import parsed

CONFIGURATION = (ROOT / "docs" / "hosting" / "nginx.conf").read_text()
PREFIX = "/explorer"
LOGIN = ("ada", "secret")
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
LIVE = ("latent_explorer_requests_total", (("kind", "live"), ("outcome", "drawn")))


@pytest.fixture(scope="module")
def replicas(browser, tmp_path_factory):
    """Two explorers that share nothing, as on two machines."""
    if shutil.which("nginx") is None and not os.environ.get("CI"):
        pytest.skip("There is no nginx here: install the Debian package nginx.")
    arguments = ["--checkpoint", str(AVATARS), "--root-path", PREFIX, "--metrics"]
    with contextlib.ExitStack() as stack:
        found = []
        for name in ("first", "second"):
            folder = tmp_path_factory.mktemp(name)
            files = {"GRADIO_TEMP_DIR": str(folder / "files")}
            found.append(stack.enter_context(serving(folder / "log", arguments, more=files)))
        yield found
        for replica in found:
            assert "Traceback" not in replica.log.read_text()


def replaced(text, *pairs):
    """`text` with each pattern replaced once."""
    for pattern, new in pairs:
        text, count = re.subn(pattern, lambda _, new=new: new, text, flags=re.MULTILINE)
        assert count == 1, pattern
    return text


def configured(folder, replicas, port, *, is_sticky):
    """The shipped configuration on ports of this machine, without TLS."""
    first, second = (replica.url.removeprefix("http://") for replica in replicas)
    (folder / "htpasswd").write_text(f"{LOGIN[0]}:{{PLAIN}}{LOGIN[1]}\n")
    places = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in FOLDERS)
    text = replaced(
        CONFIGURATION,
        (r"^http \{\n", f"http {{\n    access_log off;\n{places}"),
        (r"server 127\.0\.0\.1:7860;", f"server {first};"),
        (r"server 127\.0\.0\.1:7861;", f"server {second};"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        (r" secure;", ";"),  # a cookie for https alone
        (r"^ +ssl_certificate .*\n", ""),
        (r"^ +ssl_certificate_key .*\n", ""),
        (r"/etc/nginx/explorer\.htpasswd;", f"{folder}/htpasswd;"),
    )
    text = re.sub(r"server_name .*;", "", text)
    return text if is_sticky else replaced(text, (r"^ +hash .*;\n", ""))


@contextlib.contextmanager
def balanced(folder, replicas, *, is_sticky=True):
    """nginx over the replicas, until the block ends; the address of the page behind it."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(configured(folder, replicas, port, is_sticky=is_sticky))
    words = ["-c", str(file), "-e", str(folder / "error.log")]
    alone = ["-g", f"daemon off; user {getpass.getuser()}; pid {folder}/pid;"]
    process = subprocess.Popen(["nginx", *words, *alone])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}{PREFIX}/"
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class Door:
    """The page behind nginx, and who enters it with the login."""

    url: str
    browser: object
    is_sticky: bool = True

    @contextlib.contextmanager
    def entered(self, query=""):
        login = {"username": LOGIN[0], "password": LOGIN[1]}
        context = self.browser.new_context(viewport=WIDE, http_credentials=login)
        visit = Visit(context.new_page(), self.url)
        visit.page.goto(self.url + query)
        try:
            yield visit
            if self.is_sticky:  # else a picture at rest may be asked of a replica without it
                assert visit.console == []
        finally:
            context.close()


@pytest.fixture(scope="module")
def door(browser, replicas, tmp_path_factory):
    """The page as the shipped configuration serves it."""
    with balanced(tmp_path_factory.mktemp("sticky"), replicas) as url:
        yield Door(url, browser)


@pytest.fixture
def random_door(browser, replicas, tmp_path):
    """The page behind a balancer that gives each request to the next replica."""
    with balanced(tmp_path, replicas, is_sticky=False) as url:
        yield Door(url, browser, is_sticky=False)


def live_pictures(replica):
    return parsed(httpx.get(f"{replica.url}/metrics").text)[LIVE]


def shown(visit, recipe):
    """Wait until the picture on show is that of `recipe`, live or at rest."""
    expect(visit.image).to_have_attribute("data-recipe", recipe)


def test_without_stickiness_links_open_and_the_picture_follows_the_hand(random_door, replicas):
    before = [live_pictures(replica) for replica in replicas]
    with random_door.entered(link({"psi": 0.4, "a": {"x": 5}})) as visit:
        expect(visit.image).to_have_attribute("data-seq", "1")
        expect(visit.range("psi")).to_have_value("0.4")
        visit.range("psi").focus()
        for _ in range(30):
            visit.page.keyboard.press("ArrowRight")
            visit.page.wait_for_timeout(30)
        expect(visit.range("psi")).to_have_value("0.7")
        visit.page.wait_for_function(
            "seq => Number(document.querySelector('#live img').dataset.seq) >= seq", arg=31
        )
        assert len(visit.frames_seen) > 10
        # The address holds the new recipe though its picture at rest may never come.
        recipe = visit.image.get_attribute("data-recipe")
        visit.page.wait_for_function("before => location.search !== before", arg=link({"psi": 0.4}))
        visit.page.wait_for_timeout(500)
        with random_door.entered(visit.page.evaluate("location.search")) as other:
            shown(other, recipe)
            expect(other.range("psi")).to_have_value("0.7")
    assert all(live_pictures(one) > old + 3 for one, old in zip(replicas, before, strict=True))


def test_with_the_shipped_configuration_everything_works(door):
    with door.entered() as visit:
        visit.rest()
        seen = len(visit.frames_seen)
        assert visit.drag("psi", 0.2, 0.7, 0.4, frames=3) == visit.recipe.psi
        assert len(visit.frames_seen) - seen > 2
        saved = visit.saved(visit.page.locator("#save")).read_bytes()
        assert recipe_of(saved) == visit.recipe
        visit.sheet("seeds", 16)
        visit.upload(golden("sg2_orig_16"))
        expect(visit.page.locator("#model input")).to_have_value("sg2_orig_16")
        visit.rest()


def basic(login=LOGIN):
    request = next(httpx.BasicAuth(*login).auth_flow(httpx.Request("GET", "http://x")))
    return {"Authorization": request.headers["Authorization"]}


def test_visitors_are_spread_over_the_replicas_and_a_program_stays_with_one(door, tmp_path):
    found = set()
    for _ in range(20):
        with httpx.Client(headers=basic()) as client:
            client.get(f"{door.url}config")
            found.add(client.cookies["replica"])
    assert len(found) == 20  # each has a cookie of his own, by which nginx chooses
    client = Client(door.url, headers=basic(), verbose=False, download_files=tmp_path)
    for seed in range(4):
        path, _ = client.predict({"a": {"x": seed}}, api_name="/render")
        assert recipe_of(Path(path).read_bytes()).a.x == seed


@pytest.mark.parametrize(
    "path, login, status",
    [
        ("", None, 401),
        ("", LOGIN, 200),
        ("gradio_api/queue/join", None, 401),
        ("metrics", LOGIN, 404),
    ],
)
def test_nginx_asks_for_the_login_and_keeps_the_metrics(door, path, login, status):
    reply = httpx.get(door.url + path, auth=httpx.BasicAuth(*login) if login else None)
    assert reply.status_code == status


def test_a_body_that_is_too_large_ends_at_nginx(door):
    url = f"{door.url}gradio_api/component_server/"
    reply = httpx.post(url, content=b" " * ((1 << 20) + 1), auth=httpx.BasicAuth(*LOGIN))
    assert (reply.status_code, reply.headers["server"]) == (413, "nginx")
