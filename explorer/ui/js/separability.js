// How separable the attributes of a classifier are, in Z and in W: a table, bars, histograms, sliders.

const bits = (value) => value.toFixed(3);

function createSeparability(root, lab) {
  const samples = make('input', { type: 'number', id: 'sep_samples', value: 2000, min: 100, max: 20000, step: 100 });
  const seed = make('input', { type: 'number', id: 'sep_seed', value: 0, min: 0, max: 2147483647 });
  const space = make('select', { id: 'sep_space' },
    make('option', { value: 'zw', text: 'Z and W' }), make('option', { value: 'z', text: 'Z' }), make('option', { value: 'w', text: 'W' }));
  const choice = make('fieldset', { className: 'choice' });
  const network = make('span', { className: 'network' });
  const result = make('div', { className: 'result' });
  let names = null;
  let isAsking = false; // once for a model: a failure is not repeated at every rest

  function offer(found) {
    names = found?.names ?? null; // asked again when the pane is opened again
    network.textContent = found ? `Classifier: ${found.network}` : 'No classifier: open one, or label pictures.';
    choice.replaceChildren(make('legend', { text: 'Attributes' }), ...(names ?? []).map((name) => {
      const box = make('input', { type: 'checkbox', checked: true, value: name });
      return make('label', {}, box, ` ${name}`);
    }));
    run.disabled = !names;
    own.hidden = !found?.brought;
  }

  async function measure() {
    const chosen = [...choice.querySelectorAll('input:checked')].map(({ value }) => value);
    if (!chosen.length) return lab.say('Choose an attribute at least.');
    const found = await lab.run({
      kind: 'separability', names: chosen, spaces: [...space.value],
      samples: samples.valueAsNumber, seed: seed.valueAsNumber,
    });
    if (found) lay(found);
  }

  const own = button('Back to the model’s own', 'Forget the classifier that you opened', async () => {
    offer(await lab.run({ kind: 'own' }));
  });
  const run = button('Measure', 'Draw, label, and fit boundaries', measure);

  /** The row of an attribute in one space. */
  function row(name, space, report, found) {
    const numbers = report.spaces[space].attributes[name];
    if (!numbers) return [name, space.toUpperCase(), `n/a: ${report.reasons[name]}`, '', '', ''];
    const made = found.find((other) => other.space === space && other.name === name);
    const { information, information_low: low, information_high: high } = numbers;
    const verdict = `${numbers.separable ? '' : 'not separable: '}${between(information, low, high, percent)}`;
    const entropy = `H(Y|X) ${between(numbers.entropy, numbers.low, numbers.high, bits)} bits; as much by chance: ${numbers.chance.toFixed(3)}`;
    return [name, space.toUpperCase(),
      make('div', { className: 'number', title: entropy }, verdict, bar(information, low, high, space, `Information about ${name} in ${space.toUpperCase()}`)),
      make('div', { className: 'accuracy' }, between(numbers.accuracy, numbers.accuracy_low, numbers.accuracy_high, percent), make('small', { text: `base rate ${percent(numbers.base_rate)}` })),
      histogram(made, `Projections of ${name} in ${space.toUpperCase()}: no and yes`),
      button('Add as slider', `${name}, found in ${space.toUpperCase()}`, () => lab.directions.take([made.direction]))];
  }

  function lay({ report, found, paper }) {
    const spaces = Object.keys(report.spaces);
    const head = ['Attribute', 'Space', 'Information', 'Accuracy', 'No and yes along it', ''];
    const attributes = Object.keys(Object.values(report.spaces)[0].attributes);
    const scores = spaces.map((key) => {
      const { score, low, high } = report.spaces[key];
      return score === null ? `${key.toUpperCase()} n/a` : `${key.toUpperCase()} ${between(score, low, high, (value) => value.toFixed(2))}`;
    });
    const inSample = spaces.map((key) => `${key.toUpperCase()} ${paper[key].score?.toFixed(2) ?? 'n/a'}`);
    const warning = Object.values(paper).some(({ meaningless }) => meaningless)
      ? ' Meaningless here: fewer kept samples than twice the dimensions.' : '';
    result.replaceChildren(
      make('p', { className: 'score', text: `Separability score, held out, 1 is perfect: ${scores.join('; ')}.` }),
      table(head, attributes.flatMap((name) => spaces.map((space) => row(name, space, report, found))), `${report.samples} samples, 95 % intervals; information is 1 − H(Y|X) / H(Y), accuracy is balanced; all held out`),
      make('p', { className: 'hint', text: `The paper's protocol, in-sample: ${inSample.join('; ')}.${warning}` }),
      ...report.notes.map((text) => make('p', { className: 'hint', text })));
  }

  root.append(
    make('div', { className: 'tools' },
      make('label', { for: samples.id, text: 'Samples' }), samples,
      make('label', { for: space.id, text: 'Space' }), space,
      make('label', { for: seed.id, text: 'Seed' }), seed, run,
      button('Open a classifier', 'ONNX: `image` to `logits`, with its `attributes`', async () => {
        const found = await lab.runWithFile({ kind: 'classifier' }, '.onnx');
        if (found) offer(found);
      }), own, network),
    choice, result);
  run.disabled = own.hidden = true;

  return {
    async refresh() {
      if (names !== null || isAsking) return;
      isAsking = true;
      offer(await lab.run({ kind: 'attributes' }));
    },
  };
}
