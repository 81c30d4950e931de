// Who this tab is to the server.

/** A random name for this tab, for fairness and to find its uploads; it survives a reload. */
function visitorOfTab() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const visitor = sessionStorage.getItem('visitor') ?? fresh;
    sessionStorage.setItem('visitor', visitor);
    return visitor;
  } catch {
    return fresh; // storage is forbidden here
  }
}
