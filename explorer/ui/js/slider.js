// One direction as a slider: its name, how far the picture is moved along it, where the boundary is.

/** An element of `tag` with properties, attributes (kebab-case keys) and children. */
function make(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.includes('-') || name === 'role' || name === 'for') element.setAttribute(name, value);
    else element[name] = value;
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

const button = (text, title, click) => {
  const made = make('button', { type: 'button', text, title });
  made.addEventListener('click', click);
  return made;
};

const sigmas = (value) => `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)} σ`;

/**
 * @param direction of the library
 * @param host {limits: [low, high], count, shift(), layers(), range(), choices: [[value, label]], set(shift),
 *              setLayers(choice), rename(name), invert(), remove(), forget(), lock(), unlock(),
 *              free(), download()}
 */
function createSlider(direction, host) {
  const id = `direction_${direction.key.slice(0, 12)}`;
  const [low, high] = host.limits;
  const range = make('input', { type: 'range', id: `${id}_range`, min: low, max: high, step: 0.01 });
  const output = make('output', {});
  const mark = make('span', { className: 'mark', hidden: true });
  const place = make('p', { className: 'place', text: '…', hidden: direction.boundary === null });
  const name = make('label', { for: range.id, text: direction.name });
  const onto = button('To the boundary', 'Move the picture to where the answer turns', () => {
    if (target !== null) host.set(Math.min(Math.max(target, low), high));
  });
  const hold = make('input', { type: 'checkbox', id: `${id}_hold` });
  let target = null; // the shift at which the picture stands on the boundary

  const layers = make('select', { id: `${id}_layers` },
    ...host.choices.map(([value, label]) => make('option', { value, text: label })));
  const isOfW = direction.space === 'w'; // those of z move the random numbers, before all layers
  const [first, last] = ['first', 'last'].map((end) => make('input', {
    type: 'number', min: 0, max: host.count - 1, id: `${id}_${end}`, 'aria-label': `${end} layer`,
    onchange: () => first.value !== '' && last.value !== '' && host.setLayers(`${first.value}-${last.value}`),
  }));
  const newName = make('input', { type: 'text', value: direction.name, maxLength: 80, id: `${id}_name` });
  const origin = make('p', { className: 'origin', text: describeOrigin(direction) });

  range.addEventListener('input', () => host.set(range.valueAsNumber));
  range.addEventListener('dblclick', () => host.set(0));
  layers.addEventListener('change', () => host.setLayers(layers.value));
  newName.addEventListener('change', () => host.rename(newName.value));
  hold.addEventListener('change', () => (hold.checked ? host.lock() : host.unlock()));

  const more = make('details', {},
    make('summary', { text: 'More' }),
    make('div', { className: 'fields' },
      make('label', { for: newName.id, text: 'Name' }), newName,
      make('label', { for: layers.id, text: 'Layers', hidden: !isOfW }),
      make('span', { className: 'layers', hidden: !isOfW }, layers, ' from ', first, ' to ', last)),
    make('div', { className: 'buttons' },
      button('Invert', 'The same direction the other way', host.invert),
      button('Orthogonalise', 'Take out what it shares with the locked directions', host.free),
      button('Export .npy', 'The unit direction, as InterFaceGAN writes it', host.download),
      button('Delete', direction.isShipped ? 'It stays in the library of the model' : 'Out of the library', host.forget)),
    origin);
  const row = make('div', { className: 'direction', id },
    make('div', { className: 'head' }, name, output,
      button('Reset', 'Back to 0', () => host.set(0)),
      button('Remove', 'Take the slider away; the direction stays in the library', host.remove)),
    make('div', { className: 'track' }, range, mark),
    place,
    make('div', { className: 'buttons' }, onto,
      make('label', { for: hold.id, className: 'hold', title: 'Orthogonalise keeps the locked directions still' }, hold, ' Lock')),
    more);
  onto.disabled = true;
  onto.hidden = direction.boundary === null;

  return {
    row,
    get isLocked() { return hold.checked; },
    lock: (isLocked) => (hold.checked = isLocked),
    sync() {
      range.value = host.shift();
      output.textContent = sigmas(host.shift());
      const choice = host.layers();
      if (![...layers.options].some((option) => option.value === choice)) {
        layers.append(make('option', { value: choice, text: `layers ${choice}` }));
      }
      layers.value = choice;
      const [low, high] = host.range();
      Object.assign(first, { value: low });
      Object.assign(last, { value: high });
    },
    rename(text) {
      name.textContent = newName.value = text;
    },
    /** The picture stands `at` steps from the origin, and each sigma more adds `slope` of them. */
    stand(at, shift, slope) {
      if (direction.boundary === null) return;
      const away = at - direction.boundary;
      target = shift - away / slope;
      const isSeen = target >= low && target <= high;
      mark.hidden = !isSeen;
      mark.style.left = `${(100 * (target - low)) / (high - low)}%`;
      mark.title = 'The boundary, for this picture';
      onto.disabled = false;
      place.textContent = `This picture stands on the ${away < 0 ? 'no' : 'yes'} side, ${Math.abs(away).toFixed(2)} σ from the boundary.`;
    },
  };
}

/** How a direction was found, in one line. */
function describeOrigin({ space, origin }) {
  const { kind, samples, accuracy, information, separable, note } = origin ?? {};
  const parts = [`In ${space.toUpperCase()}`];
  if (typeof kind === 'string') parts.push(kind);
  if (samples) parts.push(`${samples} samples`);
  if (accuracy) parts.push(`balanced accuracy ${(100 * accuracy).toFixed(0)} %, held out`);
  if (information !== undefined) parts.push(`information ${(100 * information).toFixed(0)} %`);
  if (separable === false) parts.push('not separable');
  if (typeof note === 'string') parts.push(note);
  return `${parts.join(' · ')}.`;
}
