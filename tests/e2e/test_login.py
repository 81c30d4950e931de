"""A page that asks for a login, below a path that a proxy takes off."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

import pytest
from playwright.sync_api import expect

from benchmarks.serving import serving
from tests.e2e.conftest import AVATARS, golden
from tests.e2e.steps import Visit

PREFIX = "/explorer"
HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


def handler_to(port):
    """A handler that takes `PREFIX` off and passes everything on, also what comes bit by bit."""

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self):
            if not self.path.startswith(PREFIX):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP}
            behind = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            path = self.path.removeprefix(PREFIX) or "/"
            behind.request(self.command, path, body, {**headers, "Host": self.headers["host"]})
            answer = behind.getresponse()
            self.send_response(answer.status)
            for key, value in answer.getheaders():
                if key.lower() not in HOP:
                    self.send_header(key, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while data := answer.read1(65536):
                self.wfile.write(data)
                self.wfile.flush()
            behind.close()

        do_GET = do_POST = do_HEAD = pass_on

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture(scope="module")
def proxied(browser, tmp_path_factory):
    log = tmp_path_factory.mktemp("login") / "log"
    arguments = ["--checkpoint", str(AVATARS), "--auth", "ada:secret", "--root-path", PREFIX]
    with serving(log, arguments) as served:
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler_to(urlparse(served.url).port))
        proxy.daemon_threads = True
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{proxy.server_port}{PREFIX}/"
        proxy.shutdown()
        thread.join()
        proxy.server_close()


def test_behind_a_login_and_a_proxys_path_the_picture_follows_the_hand(browser, proxied):
    context = browser.new_context()
    visit = Visit(context.new_page(), proxied)
    visit.page.goto(proxied)
    expect(visit.image).to_have_count(0)
    visit.page.get_by_label("username").fill("ada")
    visit.page.get_by_label("password").fill("secret")
    visit.page.get_by_role("button", name="Login").click()
    visit.rest()
    seen = len(visit.frames_seen)
    assert visit.drag("psi", 0.2, 0.7) == visit.recipe.psi
    assert len(visit.frames_seen) - seen > 2
    visit.upload(golden("sg2_orig_16"))
    expect(visit.page.locator("#model input")).to_have_value("sg2_orig_16")
    context.close()
