// Labels by clicking: a grid of pictures with a thumb up and a thumb down, and what comes of it.

const ENOUGH = 10; // of each kind, to measure

function createLabels(root, lab) {
  const place = () => `${lab.context().model.hash} ${JSON.stringify(lab.recipe().label)}`;
  const answers = createAnswers(place);
  let laid = null; // what the pictures on show belong to
  let grid = []; // seeds on show
  let round = 0; // so that other pictures come each time

  const name = make('input', { type: 'text', id: 'label_name', value: answers.name(), placeholder: 'glasses', maxLength: 80 });
  name.addEventListener('change', () => answers.rename(name.value));
  const way = make('select', { id: 'label_way' },
    make('option', { value: 'active', text: 'least sure first' }),
    make('option', { value: 'random', text: 'at random' }));
  const space = make('select', { id: 'label_space' },
    make('option', { value: 'w', text: 'W' }), make('option', { value: 'z', text: 'Z' }));
  const counts = make('span', { className: 'counts' });
  const note = make('p', { className: 'note' });
  const cells = make('div', { className: 'grid' });
  const slider = button('Make a slider', 'Fit a boundary to the labels', fit);
  const more = button('Next pictures', 'Other pictures to judge', next);

  const title = () => name.value.trim() || 'my label';

  function count() {
    const yes = answers.pairs().filter(([, answer]) => answer).length;
    const no = answers.pairs().length - yes;
    counts.textContent = `${yes} yes, ${no} no`;
    slider.disabled = Math.min(yes, no) < 2;
    slider.title = slider.disabled ? 'Judge at least two pictures of each kind'
      : Math.min(yes, no) < ENOUGH ? `Not measured: that takes ${ENOUGH} of each kind` : 'Fit a boundary to the labels';
  }

  function mark(seed, answer, cell) {
    answers.put([[seed, answers.get(seed) === answer ? undefined : answer]]);
    paint(seed, cell);
    count();
  }

  function paint(seed, cell) {
    const answer = answers.get(seed);
    cell.dataset.answer = answer === undefined ? '' : answer ? 'yes' : 'no';
    for (const one of cell.querySelectorAll('button')) {
      one.setAttribute('aria-pressed', String(one.value === cell.dataset.answer));
    }
  }

  function lay(sheet) {
    cells.replaceChildren(...grid.map((seed, index) => {
      const picture = thumbOf(sheet, index);
      const cell = make('div', { className: 'judged' }, picture);
      const thumb = (text, value, answer) =>
        make('button', { type: 'button', text, value, title: `${text}: seed ${seed}`, onclick: () => mark(seed, answer, cell) });
      cell.append(make('span', { className: 'thumbs' }, thumb('Yes', 'yes', true), thumb('No', 'no', false)));
      paint(seed, cell);
      return cell;
    }));
  }

  async function next() {
    round += 1;
    laid = place();
    const found = await lab.run({ kind: 'grid', name: title(), labels: answers.pairs(), way: way.value, seed: round });
    if (!found) return;
    grid = found.seeds;
    lay(found.sheet);
    note.textContent = found.active ? 'The pictures that your labels so far are least sure of.'
      : 'Pictures at random, at psi 1.';
  }

  async function fit() {
    const found = await lab.run({ kind: 'fit', name: title(), labels: answers.pairs(), space: space.value });
    if (!found) return;
    lab.directions.take(found.directions);
    const { numbers } = found;
    note.textContent = numbers
      ? `Balanced accuracy ${between(numbers.accuracy, numbers.accuracy_low, numbers.accuracy_high, percent)}, information ${between(numbers.information, numbers.low, numbers.high, percent)}, ${percent(numbers.base_rate)} of your labels are yes. ${found.note}`
      : found.note;
  }

  function save() {
    const text = `seed,label\n${answers.pairs().map(([seed, answer]) => `${seed},${Number(answer)}`).join('\n')}\n`;
    download(URL.createObjectURL(new Blob([text], { type: 'text/csv' })), `${title()}.csv`);
  }

  async function load() {
    const found = await lab.runWithFile({ kind: 'labels' }, '.csv,text/csv');
    if (!found) return;
    const others = found.labels.filter(([seed, answer]) => (answers.get(seed) ?? answer) !== answer).length;
    answers.put(found.labels);
    note.textContent = `${found.labels.length} labels were read${others ? `; ${others} of them replace another answer` : ''}.`;
    repaint();
  }

  function repaint() {
    count();
    [...cells.children].forEach((cell, index) => paint(grid[index], cell));
  }

  function clear() {
    const old = answers.pairs();
    answers.clear();
    repaint();
    note.replaceChildren('The labels are gone. ', button('Undo', 'Bring them back', () => {
      answers.put(old);
      note.textContent = '';
      repaint();
    }));
  }

  root.append(
    make('p', { className: 'hint', text: 'Judge pictures yes or no: from ten of each on, the slider comes with a measured accuracy.' }),
    make('div', { className: 'tools' },
      make('label', { for: name.id, text: 'What is to be seen' }), name,
      make('label', { for: way.id, text: 'Next' }), way,
      make('label', { for: space.id, text: 'Slider in' }), space, counts),
    cells,
    make('div', { className: 'tools' }, more, slider,
      button('Save CSV', 'seed,label, one line each', save),
      button('Load CSV', 'seed,label, one line each', load),
      button('Clear', 'Forget the labels', clear)),
    note);
  count();

  return {
    /** Pictures are there as soon as the pane is, and others when the class is another. */
    refresh() {
      if (laid === place()) return;
      name.value = answers.name();
      count();
      next();
    },
  };
}
