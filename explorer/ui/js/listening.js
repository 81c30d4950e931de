// Whether Gradio hears the end of the queued events; ui/queued.py says why it may not.

const FIRST_LOOK_MS = 1500;
const LOOKS = 4; // each waits twice as long: what is at work on the server by then keeps its stream

/** @param reopen lets Gradio open its stream anew */
function createListening(reopen) {
  let awaited = 0; // events
  let timer = null;

  function look(number) {
    timer = null;
    if (!awaited || number === LOOKS) return;
    timer = setTimeout(() => {
      reopen();
      look(number + 1);
    }, FIRST_LOOK_MS * 2 ** number);
  }

  function restart() {
    clearTimeout(timer);
    look(0);
  }

  return {
    /** A queued event goes out. */
    sent() {
      awaited += 1;
      restart();
    },
    /** One has ended, well or not. */
    heard() {
      awaited = Math.max(0, awaited - 1);
      if (!awaited) restart();
    },
  };
}
