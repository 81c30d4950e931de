"""Queued events are heard of even where Gradio's stream ends while they are sent."""

import pytest

from explorer.keepsakes import keepsake
from explorer.recipe import Edit, Recipe
from tests.e2e.test_sharing import BLACK
from tests.e2e.test_sharing import drag as drop

# Holds back what comes through Gradio's stream while `isHeld`, as a slow link does. Counts events
# sent, streams begun, those whose end has come from the server, and those whose end was seen.
SLOW_STREAM = """
window.isHeld = false; window.joined = 0; window.begun = 0; window.ended = 0; window.seen = 0;
const fetched = window.fetch;
const isFree = async () => {
  while (window.isHeld) await new Promise((done) => setTimeout(done, 10));
};
window.fetch = async (...request) => {
  const response = await fetched(...request);
  const url = String(request[0]?.url ?? request[0]);
  window.joined += url.includes('queue/join');
  if (!url.includes('queue/data')) return response;
  window.begun += 1;
  const reader = response.body.getReader();
  const slow = new ReadableStream({
    async start(out) {
      let delivered = Promise.resolve();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const isEnd = new TextDecoder().decode(value).includes('close_stream');
        window.ended += isEnd;
        delivered = delivered.then(isFree).then(() => {
          window.seen += isEnd;
          out.enqueue(value);
        }).catch(() => {}); // the page has left the stream
      }
      delivered.then(() => out.close()).catch(() => {});
    },
  });
  return new Response(slow, response);
};
"""


@pytest.fixture
def slow(visitor):
    """A page at rest on a link whose way down can be held."""
    visit = visitor()
    visit.page.add_init_script(SLOW_STREAM)
    visit.open()
    settles(visit)
    return visit


def settles(visit):
    """Wait until the page has seen the end of all that it asked for."""
    joined = None
    while joined != (joined := visit.page.evaluate("window.joined")):
        visit.page.wait_for_function("() => window.begun === window.seen")
        visit.page.wait_for_timeout(700)


def joins(visit, number):
    """Wait until `number` queued events were sent."""
    visit.page.wait_for_function("number => window.joined >= number", arg=number)


def asks_for_a_table(visit):
    """Choose one, and press its button where the machine is slow and it waits for that."""
    visit.study("truncation")
    visit.page.wait_for_timeout(1000)
    if visit.draw.is_visible():
        visit.draw.click()


def test_a_picture_asked_for_while_the_stream_of_a_table_ends_arrives(slow):
    page, sent, ended = slow.page, *slow.page.evaluate("[window.joined, window.ended]")
    page.evaluate("window.isHeld = true")
    asks_for_a_table(slow)
    joins(slow, sent + 1)
    page.wait_for_function("ended => window.ended > ended", arg=ended)
    before = slow.seq
    slow.range("psi").focus()
    page.keyboard.press("ArrowLeft")
    joins(slow, sent + 2)
    page.evaluate("window.isHeld = false")
    slow.next_rest(before)
    assert slow.recipe.psi == pytest.approx(float(slow.range("psi").input_value()))


def test_nothing_is_asked_again_of_a_server_that_was_heard(slow):
    before = slow.page.evaluate("[window.joined, window.begun]")
    slow.page.wait_for_timeout(2500)
    assert slow.page.evaluate("[window.joined, window.begun]") == before


def test_a_table_says_nothing_over_what_the_picture_has_said_of_its_recipe(slow):
    page, live = slow.page, "**/component_server/**"
    sent = page.evaluate("window.joined")
    page.evaluate("window.isHeld = true")
    page.route(live, lambda route: None)
    lost = Recipe(edits=(Edit(direction="0b" * 32, shift=1.0),))
    drop(slow, keepsake(BLACK, lost), "lost.png")
    asks_for_a_table(slow)
    joins(slow, sent + 2)  # the picture at rest and the table
    page.unroute(live)  # lets go of what was held, too
    slow.says("neither here nor in the link")
    page.evaluate("window.isHeld = false")
    settles(slow)
    slow.says("neither here nor in the link")
