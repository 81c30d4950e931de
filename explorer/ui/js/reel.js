// The keyframes of a film: recipes with small pictures, kept for the tab, so that a reload loses none.

const KEPT_KEYS = 'keyframes';
const MOST_IN_FILM = 64;

/**
 * @param changed () => is called after every change
 */
function createReel(changed) {
  let keys = []; // [{recipe, thumb}]
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT_KEYS) ?? '[]');
    keys = Array.isArray(found) ? found.filter((key) => key?.recipe?.a && key.recipe.model) : [];
  } catch {
    keys = []; // storage is forbidden here, or somebody wrote into it
  }

  function become(next) {
    keys = next;
    try {
      sessionStorage.setItem(KEPT_KEYS, JSON.stringify(keys));
    } catch {
      // They last until the page is closed.
    }
    changed();
  }

  return {
    all: () => keys,
    recipes: () => keys.map(({ recipe }) => recipe),
    add: (recipe, thumb) => become([...keys, { recipe: structuredClone(recipe), thumb }]),
    remove: (place) => become(keys.filter((_, index) => index !== place)),
    /** Exchange a keyframe with the one before (-1) or after (1). */
    move(place, by) {
      const next = [...keys];
      [next[place], next[place + by]] = [next[place + by], next[place]];
      become(next);
    },
    clear: () => become([]),
  };
}
