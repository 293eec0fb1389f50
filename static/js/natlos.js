// On a page of somebody who is logged in, once it is at rest: sees to it that the service worker is there.
import { arbetarensAdress } from './betrodd.js';
import { ladan, minnsText, nyckel } from './natlos_lada.js';

const VILA_HOGST_MS = 5000;

const iVila = () => new Promise((klar) => {
  const vila = () => (window.requestIdleCallback ?? setTimeout)(klar, window.requestIdleCallback ? { timeout: VILA_HOGST_MS } : 500);
  if (document.readyState === 'complete') vila();
  else addEventListener('load', vila, { once: true });
});

/** The files of the page, and the page itself if it came by another way than the worker's: first, or after a form. */
async function attBehalla() {
  const filer = performance.getEntriesByType('resource').map(({ name }) => new URL(name)).filter(
    ({ origin, pathname }) => origin === location.origin && pathname.startsWith('/static/'),
  );
  const { workerStart = 0, redirectCount = 0 } = performance.getEntriesByType('navigation')[0] ?? {};
  const far = document.querySelector('meta[name=natlos]').content === 'sida' && (!workerStart || redirectCount > 0);
  const sparad = far && (await ladan())?.register[nyckel(location.href)]?.tid > performance.timeOrigin;
  return { filer: filer.map(({ pathname }) => pathname), sida: far && !sparad ? nyckel(location.href) : '' };
}

async function foljUtkastet() {
  if (!document.querySelector('form[data-utkast]')) return;
  const { grund, ordfalt, skrivet } = await import('./formfalt.js');
  document.addEventListener('wis:utkast-sparat', ({ target: form }) => {
    // What is labelled TLP:RED is kept nowhere but on the server.
    if (form.elements.tlp?.value === 'red') return;
    minnsText({ tid: Date.now(), text: skrivet(form), ord: ordfalt(form), grund: grund(form) }).catch((fel) => console.warn('natlos:', fel));
  });
}

export async function starta() {
  if (!('serviceWorker' in navigator) || 'sparad' in document.documentElement.dataset) return;
  try {
    await Promise.all([foljUtkastet(), iVila()]);
    if (!(await navigator.serviceWorker.register(arbetarensAdress(), { scope: '/' }))) return;
    (await navigator.serviceWorker.ready).active.postMessage(await attBehalla());
    if (window.Notification?.permission === 'granted') await (await import('./push_byt.js')).byt();
  } catch (fel) {
    console.warn('natlos: nothing is kept to be read without a network, or push is not kept on', fel);
  }
}
