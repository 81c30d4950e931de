// A small picture of what an image on the page shows.

/** As a data URI of at most `side` pixels; empty where the image cannot be read. */
function thumbnailOf(image, side = 64) {
  const canvas = document.createElement('canvas');
  const share = side / Math.max(image.naturalWidth, image.naturalHeight, 1);
  canvas.width = Math.max(1, Math.round(image.naturalWidth * share));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * share));
  try {
    const pen = canvas.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', 0.8);
  } catch {
    return '';
  }
}
