// The way of a live request: the newest wins, a few are in flight, answers are numbered.
//
// How many are in flight follows from the network. But where other visitors wait for the same
// server, two of three would only overtake each other in its line: then one is enough.

const CROWD = 3; // visitors waiting, from which on it is one
const PAUSE = 100; // ms before a busy or silent server is asked again
const LONGEST_PAUSE = 3000;
const TRIP_EVERY = 1000; // ms at least between two looks at the round trip
const PATIENCE = 4000; // ms without a reply, after which the server is asked whether it is there

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * @param ask    sends a body, resolves to the answer, or to undefined if the server was not reached
 * @param ping   sends an empty request, which the server answers at once; resolves like `ask`
 * @param answer called with (body, reply) for every answer that is to be looked at
 * @param silent called each time that the server does not answer, and with true when it does again
 */
function createPump({ ask, ping, answer, silent }) {
  const network = createNetwork();
  let wanted = null;
  let newest = null;
  let flying = 0;
  let isCrowded = false;
  let isLost = false;
  let isProbing = false; // asks a lost server whether it is back
  const flights = new Set(); // what is in flight: each with its own end, or every reply would be kept
  let pause = PAUSE;
  let timer = null; // that sends what is wanted when its time has come
  let sentAt = -Infinity;
  let trippedAt = -Infinity;

  const reach = (send) => send().catch(() => undefined);
  const isThere = async () =>
    (await Promise.race([reach(ping), wait(PATIENCE)])) !== undefined;

  async function lookAtTrip() {
    const started = (trippedAt = performance.now());
    if (await isThere()) network.tripped(performance.now() - started);
  }

  /** Resolves to undefined once the server is gone; that a picture takes long does not say so. */
  async function vanished(flight) {
    do await wait(PATIENCE);
    while (!flight.isOver && (await isThere()));
  }

  /** Ask again after `ms`, unless a newer body was pushed meanwhile. */
  async function again(body, ms) {
    await wait(ms);
    if (body === newest) wanted = body;
  }

  /** The server was not reached: ask with growing pauses whether it is back, and then for more. */
  async function lose() {
    if (isProbing) return;
    isProbing = isLost = true;
    for (const flight of flights) flight.abandon();
    do {
      silent(false);
      await wait(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    } while (!(await isThere()));
    isProbing = false;
    wanted = newest;
    pump();
  }

  function reached() {
    pause = PAUSE;
    if (isLost) silent(true);
    isLost = false;
  }

  async function fly(body) {
    const started = (sentAt = performance.now());
    const flight = { isOver: false, abandon: null };
    const abandoned = new Promise((done) => (flight.abandon = done));
    flights.add(flight);
    if (flying === 1 && started - trippedAt > TRIP_EVERY) lookAtTrip(); // else frames are in its way
    const drawn = reach(() => ask({ ...body, bytes: network.plan().bytes }));
    const reply = await Promise.race([drawn, vanished(flight), abandoned]);
    flight.isOver = true;
    flights.delete(flight);
    if (reply === undefined) {
      lose();
      return;
    }
    const whole = performance.now() - started;
    reached();
    isCrowded = reply.waiting >= CROWD;
    if (reply.image) network.drawn({ whole, took: reply.took, bytes: 0.75 * reply.image.length });
    if (reply.busy) await again(body, PAUSE);
    else if (reply.dropped) await again(body, PAUSE / 4);
    else await answer(body, reply);
  }

  function pump() {
    const { depth, pace } = network.plan();
    if (isProbing || !wanted || flying >= (isCrowded || isLost ? 1 : depth)) return;
    const early = sentAt + pace - performance.now();
    if (early > 1) {
      timer ??= setTimeout(() => {
        timer = null;
        pump();
      }, early);
      return;
    }
    const body = wanted;
    wanted = null;
    flying += 1;
    fly(body).finally(() => {
      flying -= 1;
      pump();
    });
  }

  return {
    /** Ask for `body`; what waited and was not sent yet is forgotten. */
    push(body) {
      wanted = newest = body;
      pump();
    },
  };
}
