// Times as the server writes them: the same words as wis/datum.py.

// How far the server's clock is ahead of this one, in milliseconds: an age must not depend on a phone that is wrong.
const sagd = Date.parse(document.body.dataset.nu ?? '');
let skillnad = Number.isNaN(sagd) ? 0 : sagd - Date.now();

export const nu = () => Date.now() + skillnad;

// The page may have been drawn a while before it came; an answer that was just fetched says when it was made. In whole
// seconds, and on its way for some: what differs less is let be.
export function stall(svar) {
  const gjord = Date.parse(svar.headers.get('Date') ?? '') - Date.now();
  if (Math.abs(gjord - skillnad) > 5000) skillnad = gjord;
}

export const klockslag = (ms) =>
  new Intl.DateTimeFormat('sv', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/Stockholm' }).format(ms);

const engelska = document.documentElement.lang === 'en';

export function omfang(ms) {
  const minuter = Math.floor(ms / 60000);
  if (minuter < 60) return `${minuter} min`;
  if (minuter >= 48 * 60) return `${Math.floor(minuter / 1440)} ${engelska ? 'days' : 'dygn'}`;
  const rest = minuter < 180 && minuter % 60 ? ` ${minuter % 60} min` : '';
  return `${Math.floor(minuter / 60)} ${engelska ? 'h' : 'tim'}${rest}`;
}

export function alder(da, nar = nu()) {
  const gatt = nar - da;
  if (engelska && Math.abs(gatt) >= 60000) return gatt < 0 ? `in ${omfang(-gatt)}` : `${omfang(gatt)} ago`;
  if (engelska) return gatt < 0 ? 'now' : 'just now';
  if (gatt < 0) return -gatt >= 60000 ? `om ${omfang(-gatt)}` : 'nu';
  return gatt < 60000 ? 'nyss' : `för ${omfang(gatt)} sedan`;
}
