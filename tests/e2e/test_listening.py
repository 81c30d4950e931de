"""Queued events are heard of even where Gradio's stream ends while they are sent."""

import pytest

# Holds back what comes through Gradio's stream while `isHeld`, as a slow link does.
SLOW_STREAM = """
window.isHeld = false; window.streams = 0;
const fetched = window.fetch;
window.fetch = async (...request) => {
  const response = await fetched(...request);
  if (!String(request[0]?.url ?? request[0]).includes('queue/data')) return response;
  window.streams += 1;
  const slow = new TransformStream({
    async transform(chunk, out) {
      while (window.isHeld) await new Promise((done) => setTimeout(done, 10));
      out.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(slow), response);
};
"""
JOINED = """
window.joined = 0;
const asked = window.fetch;
window.fetch = async (...request) => {
  const response = await asked(...request);
  if (String(request[0]?.url ?? request[0]).includes('queue/join')) window.joined += 1;
  return response;
};
"""


@pytest.fixture
def slow(visitor):
    """A page on a link whose way down can be held."""
    visit = visitor()
    visit.page.add_init_script(SLOW_STREAM + JOINED)
    visit.open()
    visit.page.wait_for_timeout(500)
    return visit


def joins(visit, number):
    """Wait until `number` queued events were sent."""
    visit.page.wait_for_function("number => window.joined >= number", arg=number)


def test_a_picture_asked_for_while_the_stream_of_a_table_ends_arrives(slow):
    page, sent = slow.page, slow.page.evaluate("window.joined")
    page.evaluate("window.isHeld = true")
    page.get_by_role("tab", name="Truncation").click()
    joins(slow, sent + 1)
    page.wait_for_timeout(1000)  # the table is drawn, and the server has ended its stream
    before = slow.seq
    slow.range("psi").focus()
    page.keyboard.press("ArrowLeft")
    joins(slow, sent + 2)
    page.evaluate("window.isHeld = false")
    slow.next_rest(before)
    assert slow.recipe.psi == pytest.approx(float(slow.range("psi").input_value()))


def test_nothing_is_asked_again_of_a_server_that_was_heard(slow):
    before = slow.page.evaluate("[window.joined, window.streams]")
    slow.page.wait_for_timeout(2500)
    assert slow.page.evaluate("[window.joined, window.streams]") == before
