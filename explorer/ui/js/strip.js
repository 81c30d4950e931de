// The strip of recent pictures: one button a step of the history, the newest on the right.

/** What a step shows, in a few words. */
const nameOfStep = (recipe) =>
  `seed ${seedOf(recipe.t > 0.5 ? recipe.b : recipe.a)}, psi ${recipe.psi.toFixed(2)}`;

/**
 * @param element is filled with buttons
 * @param go      (recipe) => goes there
 */
function createStrip(element, go) {
  const buttons = new Map(); // step -> button
  let current = null; // the button of the step where the page stands

  function buttonFor(step, index) {
    const words = `Step ${index + 1}: ${nameOfStep(step.recipe)}`;
    const made = buttons.get(step) ?? button('', '', () => go(step.recipe));
    if (!made.firstChild) {
      made.append(step.thumb ? make('img', { src: step.thumb, alt: words, draggable: false })
        : make('span', { text: index + 1, 'aria-label': words, role: 'img' }));
    }
    made.title = words;
    made.firstChild[step.thumb ? 'alt' : 'ariaLabel'] = words;
    return made;
  }

  /** Bring the current one into view, without scrolling the page. */
  function follow() {
    const [left, right] = [current.offsetLeft, current.offsetLeft + current.offsetWidth];
    const seen = [element.scrollLeft, element.scrollLeft + element.clientWidth];
    if (left < seen[0]) element.scrollLeft = left - current.offsetWidth;
    if (right > seen[1]) element.scrollLeft = right + current.offsetWidth - element.clientWidth;
  }

  element.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const all = [...buttons.values()];
    const next = by && all[all.indexOf(document.activeElement) + by];
    if (!by) return;
    event.preventDefault();
    next?.focus();
  });

  return {
    lay({ steps, at }) {
      const laid = new Map(steps.map((step, index) => [step, buttonFor(step, index)]));
      buttons.clear();
      for (const [step, made] of laid) buttons.set(step, made);
      current = buttons.get(steps[at]) ?? null;
      for (const made of buttons.values()) {
        made.tabIndex = made === current ? 0 : -1; // one stop for Tab; arrows go on from there
        if (made === current) made.setAttribute('aria-current', 'true');
        else made.removeAttribute('aria-current');
      }
      const isSameRow = isSameList([...element.children], [...buttons.values()]);
      if (!isSameRow) element.replaceChildren(...buttons.values());
      if (current) follow();
    },
  };
}

const isSameList = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);
