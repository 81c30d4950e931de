// Sending a file: counted as it goes, and over the server's limit refused before a byte is sent.
//
// Gradio's own button shows no progress, and refuses in words that do not say what to do.

/** {outcome, stop}: what becomes of it, {path} or {problem}, and how to break it off. */
function sendFile(file, tell) {
  const { root = '', api_prefix: prefix = '/gradio_api' } = window.gradio_config ?? {};
  const request = new XMLHttpRequest(); // `fetch` cannot tell how much it has sent
  const form = new FormData();
  form.append('files', file);
  const outcome = new Promise((done) => {
    const broken = () => done({ problem: `${file.name} was not sent: the connection broke off. Try again.` });
    request.upload.onprogress = ({ loaded }) => tell(loaded);
    request.onerror = request.ontimeout = broken;
    request.onabort = () => done({ problem: '' });
    request.onload = () => {
      const path = request.status === 200 ? request.response?.[0] : null;
      if (path) done({ path });
      else if (request.status === 413) done({ problem: tooLarge(file) });
      else broken();
    };
  });
  request.open('POST', `${root}${prefix}/upload`);
  request.responseType = 'json';
  request.withCredentials = true; // the login, where `root` is another name of this server
  request.send(form);
  return { outcome, stop: () => request.abort() };
}

function tooLarge(file) {
  const [size, most] = [file.size, window.gradio_config.max_file_size].map(megabytes);
  return `${file.name} has ${size} MB, this server takes up to ${most} MB. ` +
    'Start it with a larger --max-upload-mb.';
}

document.addEventListener(
  'change',
  (event) => {
    const input = event.target;
    if (!input.matches?.('#header input[type=file]')) return;
    event.stopImmediatePropagation();
    const [file] = input.files;
    const limit = window.gradio_config?.max_file_size;
    if (!file) return;
    if (limit && file.size > limit) window.explorer.say(tooLarge(file));
    else window.explorer.transfers.upload(file);
    input.value = ''; // choosing the same file again is a change again
  },
  true, // before Gradio's own listener
);
