// The pinned picture: kept aside, to be compared with the one of now.
//
// Its recipe is kept for the tab, so that it survives a reload; its pixels are then drawn again.

const PIN_KEY = 'pinned';

/**
 * @param host {compare, image(), recipe(), rest(), draw(), say(text), bring(keys), changed(),
 *              storage()}
 */
function createPin(host) {
  let pinned = null; // its recipe
  let isWaiting = false; // for the full-quality picture, to pin that
  let ticket = 0; // of the request that draws the pinned picture again
  let hasBrought = false; // the vectors that the server asked for
  let isRestored = false;

  /** Keep it for a reload. Without room it lasts until the page is closed. */
  function keep() {
    try {
      if (pinned) host.storage().setItem(PIN_KEY, JSON.stringify(pinned));
      else host.storage().removeItem(PIN_KEY);
    } catch {
      host.say('This tab has no room to keep the pinned picture: a reload lets go of it.');
    }
  }

  function kept() {
    try {
      const recipe = JSON.parse(host.storage().getItem(PIN_KEY) ?? 'null');
      return recipe?.version === 1 && recipe.a && recipe.b ? recipe : null;
    } catch {
      return null;
    }
  }

  async function take() {
    isWaiting = false;
    pinned = structuredClone(host.recipe());
    keep();
    host.changed();
    await show(host.image().src);
  }

  /** Compare with the picture at `url`, if that is still wanted once it is here. */
  async function show(url) {
    ticket += 1;
    const mine = ticket;
    const picture = await fetchedPicture(url);
    if (mine !== ticket) return;
    if (picture) host.compare.open(picture);
    else missing('The pinned picture did not arrive. Unpin it, or reload the page.');
  }

  function unpin() {
    pinned = null;
    ticket += 1;
    host.compare.close();
    keep();
    host.changed();
  }

  const missing = (problem) => {
    host.compare.open(null, 'pinned: not drawn');
    host.say(problem);
  };

  const pin = {
    recipe: () => pinned,
    /** Pin the picture at rest, or let go of the pinned one. */
    toggle() {
      if (pinned) return unpin();
      isWaiting = host.image().dataset.rest !== '1';
      if (isWaiting) host.rest();
      else take();
    },
    /** A full-quality picture has come. */
    rested: () => isWaiting && take(),
    failed: () => (isWaiting = false),
    /** Once, when the page shows a picture: bring back what was pinned before a reload. */
    restore() {
      if (isRestored) return;
      isRestored = true;
      pinned = kept();
      if (!pinned) return;
      host.compare.open(null, 'pinned: being drawn…');
      host.changed();
      pin.redraw();
    },
    redraw() {
      ticket += 1;
      host.draw();
    },
    /** What the event that draws it sends. */
    asked: () => [pinned, ticket],
    /** The pinned picture was drawn again. */
    async drawn(file, details) {
      if (details?.ticket !== ticket || !pinned) return;
      if (details.need && !hasBrought) {
        hasBrought = true;
        if (await host.bring(details.need)) return pin.redraw();
      }
      if (!file) return missing('The pinned picture uses a direction that is no longer here. Unpin it.');
      await show(file.url);
    },
    notDrawn: () => pinned && missing('The pinned picture cannot be drawn here. Unpin it, or open its model.'),
  };
  return pin;
}
