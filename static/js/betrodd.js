// The one place that makes HTML of text: pages that our own server drew, fetched again. The browser refuses every other
// (Trusted Types); what comes of it is a document apart, in which nothing runs, and nothing that could run is taken from it.
// The one script that it runs by itself is the service worker.
const ARBETAREN = '/sw.js';
const policy = window.trustedTypes?.createPolicy('wis', { createHTML: (html) => html, createScriptURL: () => ARBETAREN });

export function sidan(html) {
  const sida = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html');
  for (const skript of sida.querySelectorAll('script')) skript.remove();
  return sida;
}

export const arbetarensAdress = () => (policy ? policy.createScriptURL(ARBETAREN) : ARBETAREN);
