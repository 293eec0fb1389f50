// The one place that makes HTML of text: pages that our own server drew, fetched again. The browser refuses every other
// (Trusted Types); what comes of it is a document apart, in which nothing runs, and nothing that could run is taken from it.
const policy = window.trustedTypes?.createPolicy('wis', { createHTML: (html) => html });

export function sidan(html) {
  const sida = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html');
  for (const skript of sida.querySelectorAll('script')) skript.remove();
  return sida;
}
