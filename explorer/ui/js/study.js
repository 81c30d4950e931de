// The strips and tables under the picture. Each cell is a picture to pick: a button that changes
// the recipe. The pictures of one study come as one sheet; this module lays it out and asks anew.

const KINDS = {
  seeds: { title: 'Seeds', pictures: 16, ignores: ['a', 't'], panel: 'latent' },
  truncation: { title: 'Truncation', pictures: 11, ignores: ['psi'], panel: 'truncation' },
  mixing: { title: 'Mixing table', pictures: 27, ignores: ['t', 'mix.weights'], panel: 'mixing' },
  noise: { title: 'Where noise matters', pictures: 50, ignores: ['noise.mode', 'noise.seed'], panel: 'noise' },
  directions: { title: 'Directions', pictures: 7, ignores: [], panel: 'directions' },
  paths: { title: 'Three paths', pictures: 27, ignores: ['t', 'space'], panel: 'interpolation' },
};
const QUICK_MS = 1000; // a study that takes longer waits for its button
const PATIENCE_MS = 300; // progress is shown of what takes longer: quick ones must not flicker

const clock = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

/** The picture at `index` of a sheet. */
function thumbOf(sheet, index) {
  const picture = document.createElement('span');
  const [column, row] = [index % sheet.columns, Math.floor(index / sheet.columns)];
  const at = (place, count) => (count > 1 ? (100 * place) / (count - 1) : 0);
  picture.className = 'thumb';
  picture.style.backgroundImage = `url(${sheet.image})`;
  picture.style.backgroundSize = `${100 * sheet.columns}% ${100 * sheet.rows}%`;
  picture.style.backgroundPosition = `${at(column, sheet.columns)}% ${at(row, sheet.rows)}%`;
  picture.style.aspectRatio = `${sheet.width} / ${sheet.height}`;
  return picture;
}

/**
 * @param host {recipe(), context(), pick(recipe), ask(request), stop(ticket), milliseconds(),
 *              directions(), lab(pane), errands, told(recipe)}
 */
function createStudy(element, host) {
  const find = (selector) => element.querySelector(selector);
  const tabs = new Map();
  let kind = 'seeds';
  let pane = null; // of the lab, which is shown instead of pictures
  let first = 0; // of the seeds gallery
  let group = 'coarse';
  let target = 'seed_a';
  let asked = null; // key of the study that is on its way
  let shown = null; // key of the study that is on the page
  let ticket = Date.now(); // rises over reloads too: the server knows what is older
  let isSlow = false; // the study on its way takes longer than the patience
  let patience = null;
  let request = null; // of the study that was asked for last
  let laid = null; // of the one on show
  const stills = createStills(find('.tools'), {
    errands: host.errands,
    model: () => host.context().model,
    told: host.told,
    request: () => laid,
  });

  for (const [name, { title }] of Object.entries({ ...KINDS, ...LAB })) {
    const tab = document.createElement('button');
    Object.assign(tab, { type: 'button', textContent: title, id: `study_${name}` });
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', 'study_body');
    tab.addEventListener('click', () => open(name));
    tabs.set(name, tab);
  }
  find('.tabs').replaceChildren(...tabs.values());
  find('.tabs').addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = [...tabs.keys()];
    const now = pane ?? kind;
    const next = names[(names.indexOf(now) + step + names.length) % names.length];
    open(next);
    tabs.get(next).focus();
  });

  /** Why there is nothing to draw; empty if there is. */
  function obstacle() {
    if (kind === 'noise' && !host.context().model.noisy.length) {
      return 'This model has no noise inputs: there is nothing to show here.';
    }
    if (kind === 'directions' && !host.directions().length) {
      return 'No slider yet: open Directions and add one, or make your own under Label.';
    }
    return '';
  }
  const isPossible = () => !obstacle();
  const pictures = () =>
    KINDS[kind].pictures * (kind === 'directions' ? host.directions().length : 1);

  /** What the study on show depends on: the recipe without the fields that it varies itself. */
  function key() {
    const recipe = structuredClone(host.recipe());
    for (const path of KINDS[kind].ignores) {
      const [outer, inner] = path.split('.');
      if (inner) delete recipe[outer][inner];
      else delete recipe[outer];
    }
    return JSON.stringify([kind, first, group, recipe, kind === 'directions' ? host.directions() : 0]);
  }

  function bar() {
    const seconds = (pictures() * host.milliseconds()) / 1000;
    const busy = asked !== null;
    const stale = shown !== key();
    find('.draw').hidden = busy || !stale || !isPossible();
    find('.draw').textContent = `Draw (about ${clock(seconds)})`;
    find('.work').hidden = !(busy && isSlow);
    find('.note').hidden = busy && isSlow;
    stills.offer(kind !== 'noise' && !busy && find('.cells').childElementCount > 0);
    find('.pages').hidden = kind !== 'seeds';
    find('.target').hidden = kind !== 'seeds';
    find('.group').hidden = kind !== 'mixing';
    for (const [name, tab] of tabs) {
      tab.setAttribute('aria-selected', String(name === (pane ?? kind)));
      tab.tabIndex = name === (pane ?? kind) ? 0 : -1;
    }
  }

  function draw() {
    if (!isPossible()) {
      find('.note').textContent = obstacle();
      hold();
      find('.cells').replaceChildren();
      release();
      shown = key();
    } else {
      begin(key());
      find('progress').value = 0;
      find('.left').textContent = '';
      const directions = kind === 'directions' ? host.directions() : [];
      request = { kind, first, group, ticket, directions, recipe: structuredClone(host.recipe()) };
      host.ask(request);
    }
    bar();
  }

  function begin(study) {
    asked = study;
    ticket += 1;
    isSlow = false;
    clearTimeout(patience);
    patience = setTimeout(() => {
      isSlow = true;
      bar();
    }, PATIENCE_MS);
  }

  /** Draw by itself what is quick, else offer the button. */
  function refresh() {
    if (pane) return bar();
    const current = key();
    const quick = pictures() * host.milliseconds() < QUICK_MS;
    if (current !== shown && current !== asked && (quick || !isPossible())) draw();
    else bar();
  }

  function open(name) {
    pane = name in LAB ? name : null;
    for (const part of ['.tools', '#study_body']) find(part).hidden = pane !== null;
    host.lab(name in LAB || name in UNDER ? name : null);
    if (pane) {
      element.style.minHeight = '';
      return bar();
    }
    if (kind !== name) {
      kind = name;
      hold();
      find('.cells').replaceChildren();
      find('.note').textContent = '';
      shown = null;
    }
    refresh();
  }

  /** Use a cell. The sheet stays as it is: what was clicked must not slip away. */
  function pick(changes) {
    const isCurrent = shown === key();
    host.pick(changes, kind === 'seeds' ? target : null);
    if (isCurrent) shown = key();
    bar();
  }

  function cellButton(sheet, index, { label, changes, heading }) {
    const cell = document.createElement(changes ? 'button' : 'div');
    const picture = thumbOf(sheet, index);
    const caption = document.createElement('span');
    caption.textContent = label;
    cell.className = heading ? 'cell heading' : 'cell';
    cell.append(...(heading ? [caption] : [picture, caption]));
    if (changes) {
      cell.type = 'button';
      cell.title = `Use ${label}`;
      cell.addEventListener('click', () => pick(changes));
    }
    return cell;
  }

  /** Keep the height: were the page shorter, it would slip under a hand further down. */
  function hold() {
    element.style.minHeight = `${element.offsetHeight}px`;
  }

  /** Give back the height that is not needed, but none that the page is scrolled to. */
  function release() {
    const { scrollHeight, clientHeight, scrollTop } = document.scrollingElement;
    const below = scrollHeight - clientHeight - scrollTop;
    const unused = element.getBoundingClientRect().bottom - find('.cells').getBoundingClientRect().bottom;
    element.style.minHeight = `${element.offsetHeight - Math.max(0, Math.min(unused, below))}px`;
  }

  function lay(sheet) {
    const cells = find('.cells');
    hold();
    cells.dataset.kind = sheet.kind;
    cells.style.setProperty('--columns', sheet.columns);
    cells.replaceChildren(...sheet.cells.map((cell, index) => cellButton(sheet, index, cell)));
    find('.note').textContent = sheet.note;
    release();
  }

  find('.draw').addEventListener('click', draw);
  find('.cancel').addEventListener('click', () => {
    asked = null;
    host.stop(ticket);
    bar();
  });
  find('.target').addEventListener('change', (event) => (target = event.target.value));
  find('.group').addEventListener('change', (event) => {
    group = event.target.value;
    draw();
  });
  const turn = (by) => () => {
    first = (first + by + SEEDS) % SEEDS;
    draw();
  };
  find('.back').addEventListener('click', turn(-KINDS.seeds.pictures));
  find('.on').addEventListener('click', turn(KINDS.seeds.pictures));

  return {
    refresh,
    /** A panel was opened: show what belongs to it. */
    panel(name) {
      const match = Object.entries(KINDS).find(([, { panel }]) => panel === name);
      const isAbout = pane !== null && name === 'directions'; // the lab stays: it is about them
      if (match && !isAbout) open(match[0]);
    },
    /** Progress, a finished sheet, or a problem from the server. */
    arrived(reply) {
      if (!reply) return;
      if (reply.ticket !== ticket || asked === null) return;
      if (reply.progress !== undefined) {
        find('progress').value = reply.progress;
        find('.left').textContent = reply.left > 1 ? `${clock(reply.left)} left` : '';
        return;
      }
      if (reply.need) return this.failed(); // the picture of the same recipe says so
      if (reply.sheet) {
        lay(reply.sheet);
        laid = request;
      }
      if (reply.problem) host.say(reply.problem);
      shown = asked; // a study that failed is not asked for again until something changes
      asked = null;
      refresh();
    },
    /** The event ended without an answer. */
    failed() {
      asked = null;
      bar();
    },
  };
}
