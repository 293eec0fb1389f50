// What the open page is: whether it lives, what it shows by its own account, and the line that says how it is connected.

export const levande = () => document.querySelector('[data-live]') !== null;
export const skrivs = () => document.querySelector('main :is([data-utkast], [data-behall])') !== null;
export const byggerPaVersion = () => document.querySelector('main [data-senaste]') !== null;
export const syns = () => document.visibilityState === 'visible';
export const nummerI = (sida) => Number(sida.querySelector('main')?.dataset.nummer) || 0;

// Whether the event's number tells all that may have changed here: how a dispatch goes is not counted in it, and a page
// that Back has brought is of long ago.
export const numretRacker = () =>
  nummerI(document) > 0 &&
  performance.getEntriesByType('navigation')[0]?.type !== 'back_forward' &&
  !document.querySelector('[data-live^="utskick"]:not(:empty), [data-live=utkorg], [data-live=kvittens]');

// Whether the page is for the same reader, with the same rights in the event, as the server says of who connected.
export const sammaLasare = ({ vem, ratt }) =>
  Boolean(ratt) && ratt === document.querySelector('main')?.dataset.ratt && String(vem) === document.body.dataset.inloggad;

// The number and the rights that the page goes by from now on: those of the one just fetched.
export function foljNummer(sida) {
  const { nummer, ratt = '', slut = '' } = sida.querySelector('main').dataset;
  Object.assign(document.querySelector('main').dataset, { nummer, ratt, slut });
}

// When the first right that the page may rest on ends by itself, of which no word is sent. NaN: none does.
export const slutarNar = () => Date.parse(document.querySelector('main')?.dataset.slut ?? '');

export function visa(text, lage, lank) {
  const rad = document.getElementById('anslutning');
  if (!rad) return;
  const innehall = [document.createTextNode(text)];
  if (lank) {
    const a = document.createElement('a');
    a.href = lank.href;
    a.textContent = lank.text;
    innehall.push(document.createTextNode(' '), a);
  }
  rad.dataset.lage = lage;
  rad.hidden = !text;
  if (rad.textContent !== text) rad.replaceChildren(...innehall);
}

// What may no longer be read is taken away; what the person has typed stays.
export function doljInnehallet() {
  const main = document.querySelector('main');
  for (const del of skrivs() ? main.querySelectorAll('[data-live]') : [main]) del.hidden = true;
}
