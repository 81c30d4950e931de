// When the picture at rest is asked for: a moment after the last change, or as the hand lets go.
//
// While the server is lost Gradio is not asked for anything: it would stop all controls, and reload
// the page when the server is back. Should it notice by itself, the address keeps the recipe.

const REST_MS = 150;
const UNHEARD_MS = 2000;

/**
 * @param host {seq(), isAtRest(), keep(), trigger(event)}: the number of the last change, whether
 *             its picture is the one on show, and what writes the recipe to the address
 */
function createRest(host) {
  let timer = null;
  let asked = 0; // number of the request that the last 'rest' event sent
  let isLost = false;

  const rest = {
    soon() {
      clearTimeout(timer);
      timer = setTimeout(rest.now, REST_MS);
    },
    now() {
      rest.cancel();
      host.keep();
      host.trigger('titles');
      if (isLost) return;
      host.trigger('rest');
      // On a busy machine the page may be there before Gradio listens: then nobody has heard it.
      const seq = host.seq();
      const isUnheard = () => seq === host.seq() && asked !== seq && timer === null;
      setTimeout(() => isUnheard() && rest.now(), UNHEARD_MS);
    },
    cancel() {
      clearTimeout(timer);
      timer = null;
    },
    /** The hand has let go. */
    hurry: () => timer !== null && rest.now(),
    /** The number under which the 'rest' event asks. */
    ask: () => (asked = host.seq()),
    isAsked: () => asked === host.seq(),
    isLost: () => isLost,
    lose: () => (isLost = true),
    /** The server is back. */
    resume() {
      isLost = false;
      if (!host.isAtRest()) rest.now();
    },
  };
  return rest;
}
