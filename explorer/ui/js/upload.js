// A file over the server's limit is refused here, in our words, before a byte of it is sent.

const MB = 2 ** 20;

document.addEventListener(
  'change',
  (event) => {
    const input = event.target;
    const limit = window.gradio_config?.max_file_size;
    if (!limit || !input.matches?.('input[type=file]')) return;
    const large = Array.from(input.files).find((file) => file.size > limit);
    if (!large) return;
    event.stopImmediatePropagation();
    input.value = ''; // choosing the same file again is a change again
    const [size, most] = [large.size, limit].map((bytes) => (bytes / MB).toFixed(1));
    const sentence = `${large.name} has ${size} MB, this server takes up to ${most} MB.`;
    window.explorer.say(`${sentence} Start it with a larger --max-upload-mb.`);
  },
  true, // before Gradio's own listener
);
