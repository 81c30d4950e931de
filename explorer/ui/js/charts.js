// Small charts as SVG: bars with intervals, two histograms, curves. Colours are those of the theme.

const SVG = 'http://www.w3.org/2000/svg';

const percent = (share) => `${(100 * share).toFixed(0)} %`.replace('-', '−');

const between = (value, low, high, show) => `${show(value)} (${show(low)} to ${show(high)})`;

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const chart = (width, height, title, ...children) =>
  draw('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title, class: 'chart' }, ...children);

/** One bar of `share` with its interval, on a scale from -0.25 to 1. */
function bar(share, low, high, kind, title) {
  const x = (value) => 100 * (Math.min(Math.max(value, -0.25), 1) + 0.25) / 1.25;
  const [from, to] = [x(Math.min(0, share)), x(Math.max(0, share))];
  return chart(100, 8, title,
    draw('line', { x1: x(0), x2: x(0), y1: 0, y2: 8, class: 'axis' }),
    draw('rect', { x: from, y: 2, width: Math.max(to - from, 0.4), height: 4, class: kind }),
    draw('line', { x1: x(low), x2: x(high), y1: 4, y2: 4, class: 'interval' }));
}

/** The shares of the two classes along a direction, with the boundary in the middle. */
function histogram({ no, yes }, title) {
  const peak = Math.max(...no, ...yes, 1e-9);
  const width = 100 / no.length;
  const columns = (shares, kind) => shares.map((share, index) =>
    draw('rect', { x: index * width, y: 30 - (28 * share) / peak, width, height: (28 * share) / peak, class: kind }));
  return chart(100, 30, title, ...columns(no, 'no'), ...columns(yes, 'yes'),
    draw('line', { x1: 50, x2: 50, y1: 0, y2: 30, class: 'axis' }));
}

/** Several curves over the same steps: [[name, values], ...]. */
function curves(lines, title) {
  const peak = Math.max(...lines.flatMap(([, values]) => values), 1e-9);
  const path = (values) => values
    .map((value, index) => `${index ? 'L' : 'M'}${(100 * (index + 0.5)) / values.length} ${38 - (36 * value) / peak}`)
    .join('');
  return chart(100, 40, title,
    draw('line', { x1: 0, x2: 100, y1: 38, y2: 38, class: 'axis' }),
    ...lines.map(([name, values], index) => draw('path', { d: path(values), class: `line line-${index}`, 'data-name': name })));
}

/** A table of `rows` (texts or elements) under `head`. */
function table(head, rows, caption) {
  const cell = (tag) => (content) => (content instanceof Element ? make(tag, {}, content) : make(tag, { text: content }));
  return make('table', {}, make('caption', { text: caption }),
    make('thead', {}, make('tr', {}, ...head.map(cell('th')))),
    make('tbody', {}, ...rows.map(([first, ...others]) => {
      const name = first instanceof Element ? make('th', { scope: 'row' }, first) : make('th', { scope: 'row', text: first });
      return make('tr', {}, name, ...others.map(cell('td')));
    })));
}
