// Keeping a strip or a table: the button that has it drawn at full size, with labels, as one PNG.

/**
 * @param tools where the button stands
 * @param host  {errands, model(), told(recipe), request()}: the request of the sheet on show
 */
function createStills(tools, host) {
  const keep = button('Save as PNG', 'This sheet at full size, with labels, as one picture', save);
  keep.className = 'keep';
  tools.append(keep);

  async function save() {
    const { ticket, ...study } = host.request();
    const errand = host.errands.run({ kind: 'sheet', study, directions: host.told(study.recipe) }, (reply) => bar.told(reply));
    const bar = createErrandBar(tools, 'Drawing the sheet', errand.stop);
    keep.disabled = true;
    const found = await errand.result;
    bar.remove();
    keep.disabled = false;
    if (found) download(found.url, `${study.recipe.model.name || host.model().name}-${study.kind}.png`);
  }

  return {
    /** Whether there is a sheet to keep. */
    offer: (isThere) => keep.classList.toggle('away', !isThere), // keeps its place: nothing jumps
  };
}
