// One slider for each layer of the model, in a panel of native ranges.

const round2 = (value) => Math.round(value * 100) / 100;

/**
 * @param kind    'mix' or 'noise'
 * @param layers  [{name, resolution, index}] of the model
 * @param control {limits(id), get(id), set(id, value), reset(id)}
 */
function createRows(element, kind, layers, control) {
  const rows = layers.map((layer) => {
    const id = `${kind}_layer_${layer.index}`;
    const row = document.createElement('div');
    row.className = 'layer-row';
    row.id = id;
    const label = document.createElement('label');
    label.htmlFor = `${id}_range`;
    label.textContent = `${layer.index} · ${layer.resolution[0]} px`;
    label.title = layer.name;
    const range = document.createElement('input');
    const [min, max] = control.limits(id);
    Object.assign(range, { type: 'range', id: `${id}_range`, min, max, step: 0.01 });
    const output = document.createElement('output');
    output.htmlFor = range.id;
    range.addEventListener('input', () => {
      output.textContent = round2(range.valueAsNumber);
      control.set(id, range.valueAsNumber);
    });
    row.append(label, range, output);
    return { id, range, output };
  });
  element.replaceChildren(...rows.map(({ range }) => range.parentElement));

  return {
    /** Write the recipe's values onto the sliders. */
    sync() {
      for (const { id, range, output } of rows) {
        range.value = control.get(id);
        output.textContent = round2(control.get(id));
      }
    },
  };
}

/**
 * The panels of rows, each filled once it was opened.
 *
 * @param host {layers(kind), limits(id), get(id), set(id, value)}
 */
function createLayerPanels(host) {
  const panels = new Map(); // kind -> {element, rows}

  function fill(kind, element) {
    const numbered = host.layers(kind).map((layer, index) => ({ ...layer, index }));
    const rows = createRows(element, kind, numbered, host);
    panels.set(kind, { element, rows });
    rows.sync();
  }

  return {
    mount: fill,
    /** Another model is open. */
    fill: () => panels.forEach(({ element }, kind) => fill(kind, element)),
    /** Write the recipe's values onto the sliders. */
    sync: () => panels.forEach(({ rows }) => rows.sync()),
  };
}
