// Errands: long work that ends in a file of the server, each with its progress and a way to stop.

/** The address of a file that the server has made. */
function addressOf(path) {
  const { root = '', api_prefix: prefix = '/gradio_api' } = window.gradio_config ?? {};
  return `${root}${prefix}/file=${path}`;
}

/**
 * @param host {visitor, trigger(), stop(kind, ticket), say(text)}
 */
function createErrands(host) {
  const open = new Map(); // ticket -> {told, done}
  const waiting = []; // requests, each for one event that was triggered
  let ticket = Date.now(); // rises over reloads too: the server knows what is older

  function end(number, result) {
    open.get(number)?.done(result);
    open.delete(number);
  }

  return {
    /** Ask for a file; {result, stop}: what comes of it, null where it failed or was stopped. */
    run(request, told) {
      ticket += 1;
      const mine = ticket;
      const result = new Promise((done) => open.set(mine, { told, done }));
      waiting.push({ ...request, ticket: mine, visitor: host.visitor });
      host.trigger();
      return {
        result,
        stop() {
          end(mine, null);
          host.stop(request.kind === 'sheet' ? 'sheet' : 'film', mine);
        },
      };
    },
    /** The request of the event that is about to be sent. */
    next: () => [waiting.shift() ?? null],
    /** Progress, a file or a problem from the server. */
    arrived(reply) {
      if (!reply || !open.has(reply.ticket)) return;
      if (reply.progress !== undefined) return open.get(reply.ticket).told(reply);
      if (reply.problem) host.say(reply.problem);
      end(reply.ticket, reply.file ? { ...reply, url: addressOf(reply.file.path) } : null);
    },
    /** An event ended without an answer. */
    failed() {
      for (const number of [...open.keys()]) end(number, null);
      host.say('The server did not answer. Try again.');
    },
  };
}

/** A bar, the time left and a way to stop: in `parent` as long as the errand takes. */
function createErrandBar(parent, title, stop) {
  const bar = make('progress', { max: 1, 'aria-label': title });
  const left = make('span', { className: 'left' });
  const row = make('span', { className: 'work', role: 'group', 'aria-label': title },
    bar, left, button('Cancel', `Stop: ${title}`, stop));
  const timer = setTimeout(() => parent.append(row), PATIENCE_MS); // quick ones must not flicker
  return {
    told({ progress, left: seconds }) {
      bar.value = progress;
      left.textContent = seconds > 1 ? `${clock(seconds)} left` : '';
    },
    remove() {
      clearTimeout(timer);
      row.remove();
    },
  };
}
