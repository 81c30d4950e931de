// What a person has said of pictures, by seed: kept for the tab, apart for each model and class.

const KEPT_ANSWERS = 'answers';

/**
 * @param place () => what the answers belong to, as a text
 */
function createAnswers(place) {
  let all = {};
  try {
    all = JSON.parse(sessionStorage.getItem(KEPT_ANSWERS) ?? '{}');
  } catch {
    all = {}; // storage is forbidden here, or somebody wrote into it
  }

  const here = () => (all[place()] ??= { name: '', pairs: [] });
  function keep() {
    try {
      sessionStorage.setItem(KEPT_ANSWERS, JSON.stringify(all));
    } catch {
      // They last until the page is closed; they can be saved as CSV.
    }
  }

  return {
    name: () => here().name,
    rename(name) {
      here().name = name;
      keep();
    },
    pairs: () => here().pairs,
    get: (seed) => here().pairs.find(([one]) => one === seed)?.[1],
    /** Answer for seeds: [[seed, true or false], ...]; an answer of undefined is taken back. */
    put(pairs) {
      const seeds = new Set(pairs.map(([seed]) => seed));
      const others = here().pairs.filter(([seed]) => !seeds.has(seed));
      here().pairs = [...others, ...pairs.filter(([, answer]) => answer !== undefined)];
      keep();
    },
    clear() {
      here().pairs = [];
      keep();
    },
  };
}
