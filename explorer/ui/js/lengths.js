// Perceptual path length: how fast pictures change on random paths in Z and W, and from A to B.

const PATH_NAMES = { 'z-slerp': 'z slerp', 'z-lerp': 'z lerp', 'w-lerp': 'w lerp' };

function createLengths(root, lab) {
  const samples = make('input', { type: 'number', id: 'ppl_samples', value: 500, min: 50, max: 20000, step: 50 });
  const ends = make('select', { id: 'ppl_ends' },
    make('option', { value: 'full', text: 'anywhere (full)' }), make('option', { value: 'end', text: 'at the start (end)' }));
  const result = make('div', { className: 'result' });

  async function measure() {
    const found = await lab.run({ kind: 'lengths', samples: samples.valueAsNumber, ends: ends.value });
    if (!found) return;
    const show = (value) => value.toPrecision(4);
    const rows = Object.entries(found.spaces).map(([key, { mean, low, high }]) =>
      [key === 'z' ? 'Z, along the sphere' : 'W, straight', between(mean, low, high, show)]);
    result.replaceChildren(table(['Path', 'Length (95 % interval)'], rows, `Perceptual path length, ${found.samples} paths`),
      make('p', { className: 'hint', text: `Distance: ${found.distance}. Compare only with numbers of the same distance. Lower is smoother.` }));
  }

  root.append(
    make('div', { className: 'tools' },
      make('label', { for: samples.id, text: 'Paths' }), samples,
      make('label', { for: ends.id, text: 'Steps' }), ends,
      button('Measure path length', 'Karras 2019, Section 4.1', measure)),
    result);
  return {};
}

/** The curve under the three strips from A to B: why W is smoother. */
function createCurve(root, lab) {
  const drawn = make('div', { className: 'result' });

  async function follow() {
    const found = await lab.run({ kind: 'curve' });
    if (!found) return;
    const lines = Object.entries(found.curves).map(([space, values]) => [PATH_NAMES[space], values]);
    drawn.replaceChildren(curves(lines, 'How fast the picture changes from A to B, along three paths'),
      make('p', { className: 'legend' }, ...lines.map(([name, values], index) =>
        make('span', { className: `key line-${index}`, text: `${name}: mean ${mean(values).toPrecision(3)}` }))),
      make('p', { className: 'hint', text: `From A (left) to B (right), in ${found.steps} steps: the higher, the faster the picture changes there. Distance: ${found.distance}.` }));
  }

  root.append(make('div', { className: 'tools' },
    button('Curve from A to B', 'How fast the picture changes along the three paths', follow)), drawn);
  return {};
}
