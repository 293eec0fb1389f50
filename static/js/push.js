// On Mina notiser: says whether notices come in this browser, and switches them on when the button is pressed.
import { arbetarensAdress } from './betrodd.js';
import { minns, somByte, somText, uppgifter } from './push_byt.js';

const ruta = document.querySelector('[data-push]');
const form = ruta?.querySelector('[data-push-form]');

function visa(lage) {
  for (const stycke of ruta.querySelectorAll('[data-push-lage]')) stycke.hidden = stycke.dataset.pushLage !== lage;
  form.hidden = !['av', 'gick-inte'].includes(lage);
}

async function avtryck(text) {
  const byte = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...byte].map((en) => en.toString(16).padStart(2, '0')).join('');
}

const varNyckel = (prenumeration) => somText(prenumeration.options.applicationServerKey ?? []) === ruta.dataset.push;

function kan() {
  if (['PushManager', 'Notification'].every((namn) => namn in window) && 'serviceWorker' in navigator) return '';
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  return apple && !navigator.standalone ? 'iphone' : 'saknas';
}

async function finns() {
  return (await navigator.serviceWorker.getRegistration('/'))?.pushManager.getSubscription();
}

async function lage() {
  const hinder = kan();
  if (hinder) return visa(hinder);
  if (Notification.permission === 'denied') return visa('nekad');
  const prenumeration = Notification.permission === 'granted' ? await finns() : null;
  const rad = prenumeration && ruta.querySelector(`[data-push-avtryck="${await avtryck(prenumeration.endpoint)}"]`);
  if (rad) rad.querySelector('[data-push-denna]').hidden = false;
  const pa = rad && varNyckel(prenumeration);
  visa(pa ? 'pa' : 'av');
  if (pa) return minns(prenumeration, ruta.dataset.push);
  return undefined;
}

async function prenumerera() {
  await navigator.serviceWorker.register(arbetarensAdress(), { scope: '/' });
  const { pushManager } = await navigator.serviceWorker.ready;
  const gammal = await pushManager.getSubscription();
  if (gammal && !varNyckel(gammal)) await gammal.unsubscribe(); // it lets another server in
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: somByte(ruta.dataset.push) });
}

async function slaPa(handelse) {
  handelse.preventDefault();
  const knappen = form.querySelector('button');
  knappen.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== 'granted') {
      visa(Notification.permission === 'denied' ? 'nekad' : 'av');
      return;
    }
    const prenumeration = await prenumerera();
    for (const [namn, varde] of Object.entries(uppgifter(prenumeration))) form.elements.namedItem(namn).value = varde;
    form.submit(); // the server may ask who it is first, as before a new number
  } catch (fel) {
    console.warn('push: the browser did not let itself be told', fel);
    visa('gick-inte');
  } finally {
    knappen.disabled = false;
  }
}

export function starta() {
  form.addEventListener('submit', slaPa);
  lage().catch((fel) => {
    console.warn('push: not known whether it is on', fel);
    visa('gick-inte');
  });
}
