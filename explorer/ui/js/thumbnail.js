// A small picture of what an image on the page shows.

const THUMB_SIDE = 96; // pixels: sharp also where it is shown at half of that on a dense screen

/** As a data URI; empty where the image cannot be read. */
function thumbnailOf(image) {
  const canvas = document.createElement('canvas');
  const share = THUMB_SIDE / Math.max(image.naturalWidth, image.naturalHeight, 1);
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
