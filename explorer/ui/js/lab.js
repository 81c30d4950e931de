// The lab under the picture: one pane each for labels, separability, leakage and path length.
//
// Work goes through one queued event, one piece at a time: a request, its progress, one result.

const LAB = {
  label: { title: 'Label', pane: createLabels },
  separability: { title: 'Separability', pane: createSeparability },
  leakage: { title: 'Leakage', pane: createLeakage },
  lengths: { title: 'Path length', pane: createLengths },
};
const UNDER = { paths: { pane: createCurve } }; // what stands under the pictures of a study

/**
 * @param host {recipe(), visitor, context(), trigger(), say(text), stop(ticket), directions}
 */
function createLab(element, host) {
  const find = (selector) => element.querySelector(selector);
  const panes = new Map(); // name -> {pane, root}
  let ticket = Date.now(); // rises over reloads too: the server knows what is older
  let current = null; // {request, file, done, failed} that is on its way
  let shown = null;
  let last = Promise.resolve(); // the work before the next one
  const kinds = new Set(); // of work that is on its way, or waits for it

  const showWork = (isBusy) => find('.work').classList.toggle('busy', isBusy); // keeps its place

  function end() {
    current = null;
    showWork(false);
  }

  /** Send a request, now that nothing else is on its way. */
  async function send(request, file) {
    await host.directions.lendFor(host.recipe());
    return new Promise((done) => {
      ticket += 1;
      current = { request: { ...request, ticket, visitor: host.visitor, recipe: host.recipe() }, file, done };
      find('.what').textContent = find('.left').textContent = '';
      find('progress').removeAttribute('value');
      const mine = ticket;
      setTimeout(() => showWork(current !== null && ticket === mine), PATIENCE_MS);
      host.trigger();
    });
  }

  const lab = {
    directions: host.directions,
    context: host.context,
    recipe: host.recipe,
    say: host.say,
    /** Ask for work of a kind; its result, or null where it failed or was stopped. */
    run(request, file = null) {
      if (kinds.has(request.kind)) {
        host.say('This is being worked on already: wait, or cancel it.');
        return Promise.resolve(null);
      }
      kinds.add(request.kind);
      const of = host.context().model.hash; // what is found of one model is nothing to another
      const result = last.then(() => (of === host.context().model.hash ? send(request, file) : null));
      last = result.finally(() => kinds.delete(request.kind));
      return result;
    },
    /** Send a file to the server, to be named in a request: what Gradio knows it by, or null. */
    async send(file) {
      const { path, problem } = await sendFile(file, () => {}).outcome;
      if (!path) host.say(problem);
      return path ? { path, orig_name: file.name, meta: { _type: 'gradio.FileData' } } : null;
    },
    /** Send the file that a person picks, and run a request with it. */
    async runWithFile(request, accept) {
      const file = await pickFile(accept);
      const sent = file && (await lab.send(file));
      return sent ? lab.run({ ...request, name: request.name ?? file.name }, sent) : null;
    },
  };

  function stop() {
    if (!current) return;
    host.stop(ticket);
    current.done(null);
    end();
  }

  find('.cancel').addEventListener('click', stop);

  return {
    run: lab.run,
    runWithFile: lab.runWithFile,
    /** [request, file] of the event that is about to be sent. */
    next: () => [current?.request ?? null, current?.file ?? null],
    /** Show the pane called `name`, or none. */
    open(name) {
      shown = name;
      for (const { root } of panes.values()) root.hidden = true;
      element.hidden = name === null;
      if (name === null) return;
      if (!panes.has(name)) {
        const root = make('div', { className: `pane ${name}` });
        find('.panes').append(root);
        panes.set(name, { root, pane: { ...LAB, ...UNDER }[name].pane(root, lab) });
      }
      panes.get(name).root.hidden = false;
      panes.get(name).pane.refresh?.();
    },
    /** Another model is open: what was found is of the old one. */
    reset() {
      stop();
      for (const { root } of panes.values()) root.remove();
      panes.clear();
      if (shown) this.open(shown);
    },
    /** The picture has come to rest. */
    refresh: () => panes.get(shown)?.pane.refresh?.(),
    /** Progress, a result or a problem from the server. */
    arrived(reply) {
      if (!reply || !current || reply.ticket !== ticket) return;
      if (reply.progress !== undefined) {
        find('progress').value = reply.progress;
        find('.what').textContent = reply.what ?? '';
        find('.left').textContent = reply.left > 1 ? `${clock(reply.left)} left` : '';
        return;
      }
      const { done } = current;
      end();
      if (reply.problem) host.say(reply.problem);
      done(reply.result ?? null);
    },
    /** The event ended without an answer. */
    failed() {
      current?.done(null);
      end();
      host.say('The server did not answer. Try again.');
    },
  };
}

/** The file that a person picks, or null. */
function pickFile(accept) {
  return new Promise((done) => {
    const input = make('input', { type: 'file', accept, className: 'picked', hidden: true });
    const end = (file) => {
      input.remove();
      done(file ?? null);
    };
    input.addEventListener('change', () => end(input.files[0]));
    input.addEventListener('cancel', () => end(null));
    document.body.append(input);
    input.click();
  });
}
