"""Links and files that bring a picture back: copied, opened, dropped, pasted, chosen."""

import base64
import io
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import expect

from explorer import cli
from explorer.directions.direction import Direction, step_of
from explorer.formats import save
from explorer.images import png
from explorer.keepsakes import keepsake, shared_in
from explorer.links import link_of, shared_by
from explorer.recipe import Edit, ModelRef, Recipe
from tests.e2e.conftest import AVATARS, DATA
from tests.e2e.steps import PHONE, WIDE, Visit
from tests.networks.builders import tiny_generator

BLACK = np.zeros((4, 4, 3), np.uint8)
DRAG = """([name, type, text, event]) => {
    const files = new DataTransfer();
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    files.items.add(new File([bytes], name, { type }));
    const options = { dataTransfer: files, bubbles: true, cancelable: true };
    document.querySelector('#controls').dispatchEvent(new DragEvent(event, options));
}"""


@pytest.fixture
def tab(visitor):
    return visitor().open()


@pytest.fixture
def elsewhere(browser, server):
    """Makes a tab in another browser, which shares nothing with the first."""
    contexts = []

    def enter(**options):
        contexts.append(browser.new_context(viewport=WIDE, **options))
        return Visit(contexts[-1].new_page(), server.url)

    yield enter
    for context in contexts:
        context.close()


def copied(visit):
    """The link that the button copies."""
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.locator("#copy").click()
    visit.says("The link was copied")
    return visit.page.evaluate("navigator.clipboard.readText()")


def saved(visit):
    with visit.page.expect_download() as download:
        visit.page.locator("#save").click()
    return download.value.path()


def drag(visit, data, name="picture.png", event="drop"):
    visit.page.evaluate(DRAG, [name, "", base64.b64encode(data).decode(), event])


def with_own_direction(visit):
    """Moves the picture along a random direction, and the value it moved by."""
    row = visit.find_directions("Random").first
    visit.drag(row.get_attribute("id"), 0.5, 0.8)
    (edit,) = visit.recipe.edits
    return edit


def wide_directions(model, count):
    """Directions too large for a link: each has a step of its own in every layer."""
    rng = np.random.default_rng(4)
    steps = rng.standard_normal((count, model.num_ws, model.w_dim))
    return [Direction(f"wide {n}", step_of("w", step, 0.3)) for n, step in enumerate(steps)]


def pixels(visit):
    """What is to be seen, without what the file carries: a link leaves some of it at home."""
    return Image.open(io.BytesIO(visit.picture)).tobytes()


def test_a_copied_link_opens_in_a_second_browser_with_the_same_picture(tab, elsewhere, server):
    tab.drag("psi", 0.5, 0.3)
    link = copied(tab)
    assert link.startswith(f"{server.url}/?r=2.")
    assert "#" not in link and len(link) < 400
    friend = elsewhere()
    friend.page.goto(link)
    assert friend.rest().recipe == tab.recipe
    assert friend.picture == tab.picture
    assert friend.console == []


def test_an_own_direction_follows_in_the_fragment_and_is_never_sent(tab, elsewhere, server):
    edit = with_own_direction(tab)
    link = copied(tab)
    (carried,) = shared_by(link).directions
    assert carried.key == edit.direction
    text = link.partition("#v=1.")[2]
    friend = elsewhere()
    asked = []
    friend.page.on("request", lambda request: asked.append((request.url, request.all_headers())))
    friend.page.goto(link)
    assert friend.rest().recipe == tab.recipe
    assert pixels(friend) == pixels(tab)
    assert len(asked) > 10
    assert text[:40] not in json.dumps(asked)
    # Its slider is there, and moves the picture.
    friend.open_panel("directions")
    row = friend.sliders(1).first
    expect(row.locator(".head label")).to_have_text(carried.name)
    assert friend.drag(row.get_attribute("id"), 0.8, 0.3) < 0
    friend.reload()
    assert len(friend.recipe.edits) == 1


def test_a_direction_of_the_models_folder_travels_by_its_hash(visitor, elsewhere):
    tab = visitor().open().with_model("judged")
    tab.open_panel("directions")
    tab.page.get_by_label("Directions in the library").select_option(label="shipped")
    tab.page.locator(".directions .add").get_by_role("button", name="Add").click()
    tab.drag(tab.sliders(1).first.get_attribute("id"), 0.5, 0.8)
    link = copied(tab)
    assert "#" not in link
    friend = elsewhere()
    friend.page.goto(link)
    expect(friend.image).to_have_attribute("alt", re.compile("judged"))
    assert friend.rest().picture == tab.picture


def test_the_address_follows_at_rest_without_reloading(tab):
    tab.page.evaluate("window.marked = true")
    before = tab.page.url
    steps = tab.page.evaluate("history.length")
    recipe = tab.settled(lambda: tab.type_in("psi", "0.25"))
    tab.page.wait_for_function("before => location.href !== before", arg=before)
    assert shared_by(tab.page.url).recipe == recipe
    assert tab.page.evaluate("window.marked && history.length") == steps


def test_a_copied_link_leaves_out_what_else_the_address_holds(visitor):
    """On a private Space that is the visitor's own token."""
    tab = visitor().open("?__sign=secret&__theme=dark")
    link = copied(tab)
    assert "secret" not in link and "theme" not in link
    assert "secret" in tab.page.url  # the page's own address keeps it


@contextmanager
def framed(url):
    """Another site with the page in a frame, as a Space has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{url}" style="width: 1200px; height: 760px"></iframe>'
            self.wfile.write(f"<!doctype html><link rel=icon href='data:,'>{frame}".encode())

        def log_message(self, *args):
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{site.server_port}/"
    site.shutdown()
    thread.join()
    site.server_close()


def test_in_a_frame_the_link_is_that_of_the_page_itself_and_stands_in_a_field(browser, server):
    page = browser.new_page(viewport=WIDE)
    with framed(server.url) as site:
        page.goto(site)
        frame = page.frame_locator("iframe")
        expect(frame.locator("#live img")).to_have_attribute("data-rest", "1")
        frame.locator("#copy").click()
        field = frame.get_by_label("The link", exact=True)
        link = field.input_value()
        assert link.startswith(f"{server.url}/?r=2.")
        chosen = "field => field.value.slice(field.selectionStart, field.selectionEnd)"
        assert field.evaluate(chosen) == link
        field.press("Escape")
        expect(field).to_have_count(0)
        page.close()


def test_a_link_that_would_be_too_long_says_so_and_offers_the_png(tab, avatars):
    many = wide_directions(avatars, 4)
    edits = tuple(Edit(direction=one.key, shift=0.5) for one in many)
    recipe = tab.recipe.model_copy(update={"edits": edits})
    assert tab.settled(lambda: drag(tab, keepsake(BLACK, recipe, (), many))) == recipe
    tab.page.locator("#copy").click()
    row = tab.page.locator("#live .shared")
    expect(row).to_contain_text("17,000 are kept whole everywhere. Save the picture as PNG instead")
    with tab.page.expect_download() as download:
        row.get_by_role("button", name="Save PNG").click()
    shared = shared_in(download.value.path().read_bytes())
    assert shared.recipe == recipe
    assert [one.key for one in shared.directions] == [one.key for one in many]
    row.get_by_role("button", name="Close").click()
    expect(row).to_have_count(0)
    picture = tab.picture
    tab.reload()  # the tab has kept the directions
    assert tab.picture == picture


def test_a_link_to_a_model_that_is_not_here_says_which_and_waits_for_it(visitor, tmp_path):
    file = tmp_path / "hf owner.safetensors"
    save(tiny_generator(77), file)
    out = tmp_path / "there.png"
    assert cli.main(["render", "--model", str(file), "--seeds", "5", "--out", str(out)]) == 0
    recipe = shared_in(out.read_bytes()).recipe
    named = recipe.model_copy(
        update={"model": recipe.model.model_copy(update={"name": "hf://o/r"})}
    )
    tab = visitor().open(link_of(named))
    tab.says(f"'hf://o/r' (hash {recipe.model.hash[:12]}...) is not here")
    expect(tab.message).to_contain_text("Open its file first")
    expect(tab.page.locator("#live .transfer")).to_have_count(0)  # nothing is fetched
    assert tab.recipe.a.x == 13
    tab.upload(file)
    expect(tab.image).to_have_attribute("alt", re.compile("hf owner"))
    assert tab.rest().recipe.a.x == 5
    assert tab.recipe.model.hash == recipe.model.hash


@pytest.mark.parametrize("version", [1, 2])
def test_a_link_of_every_released_form_opens(visitor, version):
    row = json.loads((DATA / f"links_{version}.json").read_text())[0]  # for whatever model is open
    recipe = visitor().open(row["link"]).recipe
    assert recipe.model_copy(update={"model": ModelRef()}).model_dump(mode="json") == row["recipe"]


def test_every_saved_picture_carries_its_recipe_and_a_description(tab):
    with_own_direction(tab)
    data = saved(tab).read_bytes()
    assert data == tab.picture
    assert shared_in(data).recipe == tab.recipe
    assert b"Description" in data and b"Drawn by avatars: seed 13, truncation psi 0.7" in data


def test_page_command_line_and_api_write_the_same_bytes(tab, server, tmp_path):
    with_own_direction(tab)
    picture = saved(tab)
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    model = ["--model", str(AVATARS)]
    assert cli.main(["render", *model, "--recipe", str(picture), "--out", str(out)]) == 0
    assert out.read_bytes() == picture.read_bytes()
    assert cli.main(["render", *model, "--link", copied(tab), "--out", str(again)]) == 0
    assert shared_in(again.read_bytes()).recipe == tab.recipe
    (carried,) = shared_in(picture.read_bytes()).directions
    told = [{"key": carried.key, "name": carried.name, "origin": dict(carried.origin)}]
    client = Client(server.url, verbose=False)
    recipe = tab.recipe.model_dump(mode="json")
    path, _ = client.predict(recipe, directions=told, api_name="/render")
    assert Path(path).read_bytes() == picture.read_bytes()


def test_a_dropped_png_restores_everything(tab, elsewhere):
    edit = with_own_direction(tab)
    tab.drag("psi", 0.5, 0.3)
    data, recipe = saved(tab).read_bytes(), tab.recipe
    friend = elsewhere().open()
    assert friend.settled(lambda: drag(friend, data)) == recipe
    assert friend.picture == tab.picture
    friend.says("picture.png is open")
    expect(friend.box("psi")).to_have_value(f"{recipe.psi:g}")
    friend.open_panel("directions")
    row = friend.sliders(1).first
    expect(row.locator("output").first).to_contain_text(f"{edit.shift:.2f}")
    name = shared_in(data).directions[0].name
    expect(row.locator(".head label")).to_have_text(name)


def test_a_dropped_recipe_restores_the_picture(tab):
    first, picture = tab.recipe, tab.picture
    tab.drag("psi", 0.5, 0.3)
    back = tab.settled(lambda: drag(tab, first.to_json().encode(), "recipe.json"))
    assert back == first
    assert tab.picture == picture


def test_a_picture_can_be_chosen_on_a_phone_where_nothing_is_dropped(visitor, tmp_path):
    tab = visitor(viewport=PHONE, has_touch=True).open()
    recipe = Recipe(model=tab.recipe.model, psi=0.4)
    file = tmp_path / "kept.png"
    file.write_bytes(keepsake(BLACK, recipe))
    button = tab.page.get_by_role("button", name="open a picture")
    assert tab.settled(lambda: tab.choose_file(button, file)) == recipe


def test_a_pasted_link_or_recipe_opens_and_other_text_does_nothing(tab):
    recipe = Recipe(model=tab.recipe.model, psi=0.4)
    link = "https://elsewhere.example/path" + link_of(recipe)
    assert tab.settled(lambda: tab.paste(link)) == recipe
    other = recipe.model_copy(update={"psi": 0.5})
    assert tab.settled(lambda: tab.paste(other.to_json())) == other
    tab.paste("https://example.org/?r=%25")
    tab.says("The link is damaged")
    before = tab.seq
    for text in ("hello", "{", "https://example.org/"):
        tab.paste(text)
    assert (tab.seq, tab.recipe) == (before, other)


def test_the_page_shows_where_a_file_would_go(tab):
    stage = tab.page.locator("#live .stage")
    drag(tab, b"", event="dragover")
    expect(stage).to_contain_class("dropping")
    words = "stage => getComputedStyle(stage, '::after').content"
    assert "Drop a picture or a recipe" in stage.evaluate(words)
    drag(tab, b"", event="dragleave")
    expect(stage).not_to_contain_class("dropping")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("photo.png", png(BLACK), "photo.png carries no recipe"),
        ("cut.png", keepsake(BLACK, Recipe())[:60], "cut.png carries no recipe"),
        ("photo.jpg", b"\xff\xd8\xff\xe0", "photo.jpg carries no recipe"),
        ("weights.pkl", bytes(100_000), "weights.pkl carries no recipe"),
        ("other.json", b'{"colour": 1}', "no field"),
        ("list.json", b"[]", "list.json carries no recipe"),
        ("newer.json", b'{"version": 2}', "version 2"),
        ("<img src=x onerror=window.hacked=1>.png", b"", "carries no recipe"),
        ("own.png", png(BLACK, Recipe(), {"latent-explorer-directions": "1.AA"}), "damaged"),
        (
            "lost.png",
            keepsake(BLACK, Recipe(edits=(Edit(direction="0a" * 32, shift=1.0),))),
            "neither here nor in the link",
        ),
    ],
)
def test_another_file_gets_a_sentence_and_the_page_works_on(visit, name, data, says):
    drag(visit, data, name)
    visit.says(says)
    assert not visit.is_hacked()
    assert visit.settled(lambda: visit.type_in("psi", "0.25")).psi == 0.25


def test_a_file_that_is_too_large_is_refused_before_it_is_read(visit):
    script = """() => {
        const files = new DataTransfer();
        files.items.add(new File([new Blob([new Uint8Array(65 << 20)])], 'large.png'));
        const options = { dataTransfer: files, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new DragEvent('drop', options));
    }"""
    visit.page.evaluate(script)
    visit.says("large.png has 65.0 MB, a picture saved here at most 64.0")


def test_copying_works_from_the_keyboard(tab):
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.locator("#copy").focus()
    tab.page.keyboard.press("Enter")
    tab.says("The link was copied")
