// Checkpoints on their way here: one row each over the picture, with bytes, a bar and a way to stop.
//
// An upload is sent from here, a download is made by the server; both end in the list of models.

const MB = 2 ** 20;
const megabytes = (bytes) => (bytes / MB).toFixed(1);

/** A row in `element`; `stop` is called when its button is pressed. */
function createTransferRow(element, title, stop) {
  const row = document.createElement('div');
  row.className = 'transfer';
  row.setAttribute('role', 'group');
  row.setAttribute('aria-label', title);
  const [what, bytes] = ['what', 'bytes'].map((name) => {
    const part = document.createElement('span');
    part.className = name;
    return part;
  });
  const bar = document.createElement('progress');
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', textContent: 'Cancel' });
  button.addEventListener('click', stop);
  bar.setAttribute('aria-label', title);
  what.textContent = title;
  what.title = title; // a long name is cut off on the screen
  row.append(what, bar, bytes, button);
  element.append(row);
  return {
    /** `total` is null where nobody knows it; the bar then only shows that something happens. */
    show(done, total) {
      if (total) Object.assign(bar, { max: total, value: Math.min(done, total) });
      else bar.removeAttribute('value');
      bytes.textContent = total ? `${megabytes(Math.min(done, total))} of ${megabytes(total)} MB`
        : done ? `${megabytes(done)} MB` : 'starting';
    },
    remove: () => row.remove(),
  };
}

/**
 * @param element  where the rows stand
 * @param host     {visitor, trigger(event), say(text), opening(name)}
 */
function createTransfers(element, host) {
  const sent = []; // files that the server has, each for one 'uploaded' event
  let download = null; // the row of what the server fetches
  let isStopped = false; // what the server still says of it comes too late

  function end() {
    download?.remove();
    download = null;
  }

  function stop() {
    isStopped = true;
    end();
    host.trigger('cancel');
  }

  return {
    /** Send a file; it is opened when it is there. */
    async upload(file) {
      const sending = sendFile(file, (done) => row.show(done, file.size));
      const row = createTransferRow(element, `Sending ${file.name}`, sending.stop);
      row.show(0, file.size);
      const { path, problem } = await sending.outcome;
      row.remove();
      if (!path) return host.say(problem);
      host.opening(file.name);
      sent.push({ path, orig_name: file.name, meta: { _type: 'gradio.FileData' } });
      host.trigger('uploaded');
    },

    uploaded: () => [sent.shift() ?? null, host.visitor],

    /** The server is asked to fetch what a person typed. */
    fetching(address) {
      isStopped = false;
      return [address, host.visitor];
    },

    /** What the server tells of a download: bytes, that it is opened, or its end. */
    told({ address, done, total, opening, ended }) {
      if (opening || ended) end();
      if (opening) host.opening(address);
      if (opening || ended || isStopped) return;
      const title = `Fetching ${address}`;
      download ??= createTransferRow(element, title, stop);
      download.show(done, total);
    },

    /** The event ended without an answer. */
    failed() {
      end();
      host.say('The server did not answer. Try again.');
    },
  };
}
