// The panel of presets: keep the picture under a name, go back to it, export and import them all.

const UNKEPT = 'This browser keeps nothing for this page: export the presets before you close it.';
const TOO_LARGE = 'The presets with their own directions would take over 2 MB: export and delete some first.';
const BATCH = 40_000; // characters of recipes that are checked at once

/**
 * @param host {recipe(), replace(recipe), library(), bring(direction), check(recipes), say(text),
 *              changed(), storage()}
 */
function createShelf(host) {
  const presets = createPresets(host.storage);
  let root = null;
  let undo = null; // the button that brings back what was deleted last
  let gone = null;

  const find = (selector) => root.querySelector(selector);
  const count = () => presets.all().presets.length;
  const told = (isKept) => isKept || host.say(UNKEPT);

  /** Own directions that `recipe` uses, with their vectors. */
  const directionsOf = (recipe) => recipe.edits.map(({ direction }) => host.library().get(direction))
    .filter((one) => one && !one.isShipped);

  function keep() {
    const name = tidyName(find('.name').value) || nameOfStep(host.recipe());
    if (count() >= MOST_PRESETS) return host.say(`There are ${MOST_PRESETS} presets already: delete some first.`);
    const recipe = structuredClone(host.recipe());
    const more = { presets: [{ name, recipe }], directions: directionsOf(recipe) };
    if (!presets.fits(more)) return host.say(TOO_LARGE);
    told(presets.add(more));
    find('.name').value = '';
    lay();
  }

  /** Go to a preset. Its own directions come to the library first. */
  async function go({ recipe }) {
    const needed = (recipe.edits ?? []).map(({ direction }) => direction)
      .filter((key) => !host.library().get(key));
    const found = presets.all().directions.filter(({ key }) => needed.includes(key));
    if (found.length) host.library().add(found, recipe.model.hash || undefined);
    host.replace(recipe);
  }

  function rename(row, name) {
    const box = make('input', { type: 'text', value: name, maxLength: MOST_NAME, 'aria-label': `New name of ${name}` });
    let isOver = false;
    const end = (isKept) => {
      if (isOver) return;
      isOver = true;
      if (isKept) told(presets.rename(name, box.value));
      const place = [...root.querySelectorAll('li')].indexOf(row);
      lay();
      root.querySelectorAll('.rename')[place]?.focus();
    };
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== 'Escape') return;
      event.preventDefault(); // or Enter presses the button that has the focus afterwards
      end(event.key === 'Enter');
    });
    box.addEventListener('blur', () => end(true));
    row.replaceChildren(box);
    box.focus();
    box.select();
  }

  function forget(name) {
    gone = presets.remove(name);
    undo.textContent = `Bring back ${name}`;
    undo.hidden = !gone;
    lay();
    undo.focus();
  }

  function rowOf(preset) {
    const { name } = preset;
    const load = button(name, `Draw ${name}`, () => go(preset));
    load.className = 'load';
    const row = make('li', {}, load);
    const naming = button('Rename', `Rename ${name}`, () => rename(row, name));
    naming.className = 'rename';
    for (const part of [naming, button('Delete', `Delete ${name}`, () => forget(name))]) {
      part.setAttribute('aria-label', part.title);
      row.append(part);
    }
    return row;
  }

  function lay() {
    host.changed();
    if (!root) return;
    const { presets: all } = presets.all();
    find('.list').replaceChildren(...all.map(rowOf));
    find('.empty').hidden = all.length > 0;
    find('.export').disabled = all.length === 0;
  }

  async function save() {
    const text = JSON.stringify(presets.all());
    await download(URL.createObjectURL(new Blob([text], { type: 'application/json' })), 'latent-explorer-presets.json');
  }

  /** What the server makes of the recipes; a sentence where it takes one of them not. */
  async function checked(all) {
    const good = [];
    for (let first = 0; first < all.length; ) {
      let length = 0;
      const batch = all.slice(first).filter(({ recipe }, index) => {
        length += JSON.stringify(recipe).length;
        return index === 0 || length < BATCH;
      });
      const reply = await host.check(batch.map(({ recipe }) => recipe)).catch(() => undefined);
      if (reply?.problem) {
        const { name } = batch[reply.index] ?? batch[0];
        return { problem: `Nothing was imported, because of the preset "${name}": ${reply.problem}` };
      }
      if (!reply) return { problem: 'The server did not answer: nothing was imported. Try again.' };
      good.push(...reply.recipes.map((recipe, index) => ({ name: batch[index].name, recipe })));
      first += batch.length;
    }
    return { presets: good };
  }

  /** Take the presets in a text; all of them or none. */
  async function take(text) {
    const file = readPresets(text);
    if (!file) return host.say(`The file holds no presets of this explorer (up to ${MOST_PRESETS}). Nothing was imported.`);
    if (count() + file.presets.length > MOST_PRESETS) {
      return host.say(`There is room for ${MOST_PRESETS} presets: delete some first. Nothing was imported.`);
    }
    const found = await checked(file.presets);
    if (found.problem) return host.say(found.problem);
    for (const one of file.directions) {
      const reply = await host.bring(one).catch(() => undefined);
      if (!reply) return host.say('The server did not answer: nothing was imported. Try again.');
      if (reply.key !== one.key) return host.say(`Nothing was imported: its direction "${tidyName(one.name)}" is damaged.`);
    }
    const more = { presets: found.presets, directions: file.directions };
    if (!presets.fits(more)) return host.say(TOO_LARGE);
    const isKept = presets.add(more);
    host.say(isKept ? `${found.presets.length} preset(s) were imported.` : UNKEPT);
    lay();
  }

  async function choose() {
    const file = await chosenFile('.json,application/json');
    if (!file) return;
    if (file.size > MOST_PRESET_BYTES) return host.say(`The file has ${file.size >> 20} MB, presets have at most ${MOST_PRESET_BYTES >> 20}.`);
    await take(await file.text());
  }

  window.addEventListener('storage', ({ key }) => key === PRESETS_KEY && lay()); // another tab

  return {
    count,
    mount(element) {
      root = element;
      const name = make('input', { type: 'text', className: 'name', maxLength: MOST_NAME, placeholder: 'Name', 'aria-label': 'Name of the preset' });
      name.addEventListener('keydown', (event) => event.key === 'Enter' && keep());
      undo = button('', 'Undo the deletion', () => {
        told(presets.restore(gone));
        undo.hidden = true;
        lay();
      });
      undo.hidden = true;
      const exporting = button('Export', 'Save all presets as one JSON file', save);
      exporting.className = 'export';
      root.replaceChildren(
        make('div', { className: 'keep' }, name, button('Keep this picture', 'Keep its settings under this name', keep)),
        make('p', { className: 'empty', text: 'No preset yet. A preset is the settings of a picture, under a name.' }),
        make('ul', { className: 'list' }), undo,
        make('div', { className: 'buttons' }, exporting, button('Import', 'Add the presets of a JSON file', choose)),
        make('p', { className: 'hint', text: 'Kept in this browser, for all its tabs. Export them to keep them elsewhere.' }));
      lay();
    },
  };
}
