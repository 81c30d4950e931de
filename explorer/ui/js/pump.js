// The way of a live request: the newest wins, a few are in flight, answers are numbered.
//
// Three in flight hide the way to a distant server. But where other visitors wait for the same
// server, two of the three would only overtake each other in its line: then one is enough.

const ALONE = 3; // requests in flight
const CROWD = 3; // visitors waiting, from which on it is one
const PAUSE = 100; // ms before a busy or silent server is asked again
const LONGEST_PAUSE = 3000;

/**
 * @param ask    sends a body, resolves to the answer, or to undefined if the server was not reached
 * @param answer called with (body, reply) for every answer that is to be looked at
 * @param silent called when the server does not answer, and with true when it does again
 */
function createPump({ ask, answer, silent }) {
  let wanted = null;
  let newest = null;
  let flying = 0;
  let depth = ALONE;
  let pause = PAUSE;

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  /** Ask again after `ms`, unless a newer body was pushed meanwhile. */
  async function again(body, ms) {
    await wait(ms);
    if (body === newest) wanted = body;
  }

  async function fly(body) {
    const reply = await ask(body).catch(() => undefined);
    if (reply === undefined) {
      silent(false);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
      await again(body, pause);
      return;
    }
    if (pause > PAUSE) silent(true);
    pause = PAUSE;
    depth = reply.waiting >= CROWD ? 1 : ALONE;
    if (reply.busy) await again(body, PAUSE);
    else if (reply.dropped) await again(body, PAUSE / 4);
    else await answer(body, reply);
  }

  function pump() {
    while (wanted && flying < depth) {
      const body = wanted;
      wanted = null;
      flying += 1;
      fly(body).finally(() => {
        flying -= 1;
        pump();
      });
    }
  }

  return {
    /** Ask for `body`; what waited and was not sent yet is forgotten. */
    push(body) {
      wanted = newest = body;
      pump();
    },
  };
}
