// What the last replies tell of the way to the server, and how the next requests are sent.
//
// A request costs its work on the server, the round trip, and the time its frame takes through the
// link. Enough requests in flight hide the way; a pace keeps them from queueing behind each other,
// where they would only grow old; a limit of bytes lets frames through a narrow link.

const MOST_IN_FLIGHT = 3; // a browser has six connections to a server, and others need some
const FRAMES = 25; // a second, that are to fit through the link
const SHARE = 0.8; // of the link for frames
const SPACE = 1.1; // between requests, in times of what the slowest part of the way needs
const STUMBLE = 10; // ms that a busy machine adds to a reply: no sign of a narrow link
const ANY = 1e7; // bytes, from which on a limit is none
const REPLIES = 9; // that estimates are taken over
const LATELY = 3; // replies that tell what work there is now: previews get faster within a few
const TRIPS = 3;
const UNKNOWN = { depth: 1, pace: 0, bytes: null }; // of the way, before the first reply

/** The value that `share` of `values` do not exceed. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/**
 * How to send: `depth` requests in flight, at least `pace` ms apart, for frames of at most `bytes`
 * (null: of any size).
 *
 * @param replies [{whole, took, bytes}]: ms from request to reply, ms of that on the server, and
 *                the bytes of the frame
 * @param trips   [ms] that empty requests needed; what delays one only ever adds time
 * @param before  the bytes that were allowed before: from there it is half the way, because a
 *                smaller frame also changes what is measured
 */
function planOf(replies, trips, before = null) {
  if (!replies.length) return UNKNOWN;
  const took = quantile(replies.slice(-LATELY).map((one) => one.took), 0.5);
  const whole = quantile(replies.map((one) => one.whole), 0.25);
  const trip = trips.length ? Math.min(...trips) : Infinity;
  const rest = replies.map((one) => Math.max(0, one.whole - one.took - trip - STUMBLE) / one.bytes);
  const perByte = quantile(rest, 0.25); // ms; what else delays a reply only ever adds time
  const usual = perByte * quantile(replies.map((one) => one.bytes), 0.5);
  const transfer = perByte > 0 ? usual + STUMBLE : 0;
  const pace = SPACE * Math.max(took, transfer);
  const bytes = halfway(before ?? Infinity, ((SHARE * 1000) / FRAMES - STUMBLE) / perByte);
  return {
    depth: Math.max(1, Math.min(MOST_IN_FLIGHT, Math.ceil(whole / pace))),
    pace,
    bytes: bytes < ANY ? Math.floor(bytes) : null,
  };
}

/** Between two limits, but at most twice or half of the first, which may be infinite. */
function halfway(from, to) {
  if (from === Infinity) return to;
  return Math.sqrt(from * Math.max(from / 4, Math.min(to, from * 4)));
}

/** Remembers the last replies. */
function createNetwork() {
  const replies = [];
  const trips = [];
  const note = (list, value, most) => list.push(value) > most && list.shift();
  let plan = UNKNOWN;

  return {
    plan: () => plan,
    /** A frame has come. */
    drawn(reply) {
      note(replies, reply, REPLIES);
      plan = planOf(replies, trips, plan.bytes);
    },
    /** An empty request needed `ms`. */
    tripped: (ms) => note(trips, ms, TRIPS),
  };
}
