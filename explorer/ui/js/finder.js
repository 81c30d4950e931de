// Where directions come from without labels: variance, weights, chance and files.

const SOURCES = [
  { kind: 'pca', label: 'PCA of W', title: 'The axes along which W varies most (GANSpace)' },
  { kind: 'sefa', label: 'SeFa', title: 'The axes that change the styles most, from the weights alone' },
  { kind: 'random', label: 'Random', title: 'Any direction, to hold the others against' },
];

/**
 * @param host {find(request), save(), bring(), has(group)}
 */
function createFinder(host) {
  const count = make('input', { type: 'number', id: 'find_count', value: 3, min: 1, max: 20 });
  const group = make('select', { id: 'find_group' });
  const offerGroups = () => group.replaceChildren(
    make('option', { value: 'all', text: 'all layers' }),
    ...GROUP_NAMES.filter(host.has).map((name) => make('option', { value: name, text: name })));
  offerGroups();
  const find = (kind) => () =>
    host.find({ kind, count: count.valueAsNumber, group: group.value, seed: Math.floor(Math.random() * 2 ** 31) });
  const element = make('div', { className: 'finder' },
    make('div', { className: 'buttons' },
      make('span', { text: 'Find' }), ...SOURCES.map(({ kind, label, title }) => button(label, title, find(kind)))),
    make('div', { className: 'buttons' },
      make('label', { for: count.id, text: 'how many' }), count,
      make('label', { for: group.id, text: 'SeFa of' }), group),
    make('div', { className: 'buttons' },
      button('Import', 'InterFaceGAN .npy, GANSpace .npz, or a library saved here', host.bring),
      button('Export library', 'Your own directions of this model as one file', host.save)));
  return { element, offerGroups };
}
