// Saving: the picture at rest as a file, and files that the page makes itself.

/** Through a blob: the server names the file after its recipe's hash. False where it is not there. */
async function download(url, name) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return false;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  return true;
}

/**
 * @param host {image(), recipe(), model(), rest()}
 */
function createSaver(host) {
  let isWaiting = false; // for the full-quality picture

  const saver = {
    save() {
      const image = host.image();
      isWaiting = image.dataset.rest !== '1';
      if (isWaiting) return host.rest();
      const recipe = host.recipe();
      download(image.src, `${host.model().name}-seed${seedOf(recipe.a)}-psi${recipe.psi.toFixed(2)}.png`);
    },
    /** The full-quality picture is there. */
    rested: () => isWaiting && saver.save(),
    failed: () => (isWaiting = false),
  };
  return saver;
}
