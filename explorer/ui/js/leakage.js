// What a direction drags along: the measured change of every attribute per sigma, and the cosines.

const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

function createLeakage(root, lab) {
  const result = make('div', { className: 'result' });
  const run = button('Measure leakage', 'Move pictures by one sigma, and let the classifier judge them', measure);

  async function measure() {
    const directions = lab.directions.held().slice(0, MOST_EDITS);
    if (!directions.length) return lab.say('There is no slider to measure: add a direction first.');
    const found = await lab.run({ kind: 'leakage', directions });
    if (found) lay(found);
  }

  /** A number on a ground that is the stronger the larger it is. */
  function shaded(text, strength, title) {
    const cell = make('span', { className: 'shaded', text, title });
    cell.style.setProperty('--strength', `${Math.round(100 * Math.min(Math.abs(strength), 1))}%`);
    return cell;
  }

  function lay({ directions, attributes, mean, low, high, cosines, pictures }) {
    const peak = Math.max(...mean.flat().map(Math.abs), 1e-9);
    const changes = directions.map((name, i) => [name, ...attributes.map((_, k) =>
      shaded(signed(mean[i][k]), mean[i][k] / peak, `95 % interval ${signed(low[i][k])} to ${signed(high[i][k])}`))]);
    const angles = directions.map((name, i) => [name, ...cosines[i].map((cosine) =>
      (cosine === null ? 'n/a' : shaded(signed(cosine), cosine, 'cosine')))]);
    result.replaceChildren(
      table(['+1 σ of', ...attributes], changes, `Mean change of the classifier's logits per sigma, ${pictures} pictures`),
      table(['cosine', ...directions], angles, 'Cosines of the directions; n/a between Z and W'),
      make('p', { className: 'hint', text: 'A small cosine does not say that nothing leaks: look at the measured changes. Lock the directions that are to stay, then Orthogonalise.' }));
  }

  root.append(
    make('p', { className: 'hint', text: 'How much each slider changes what it is not meant to.' }),
    make('div', { className: 'tools' }, run), result);
  return {};
}
