// A row of buttons over each field that takes markdown: they write its signs, and take them away again. The browser's own
// undo works on what they do. Without this script one types the signs.
import { snabbtangenter } from './tangenter.js';

const LISTRAD = /^(\s*)([-*+]|(\d{1,3})\.)(\s+)(.*)$/;
const KNAPPAR = [
  ['F', 'Fet', fet, 'fet'],
  ['•', 'Punktlista', (falt) => lista(falt, () => '- ')],
  ['1.', 'Numrerad lista', (falt) => lista(falt, (i) => `${i + 1}. `)],
  ['Länk', 'Länk', lank],
  ['Rubrik', 'Rubrik', rubrik],
];

export function starta(rot = document) {
  // The summary is shown as it stands, also in an SMS; what stands in a row is one line.
  for (const falt of rot.querySelectorAll('form.skrivyta [data-avsnitt] textarea:not([name=sammanfattning], [data-enrad])')) {
    if (falt.closest('[data-avsnitt]').dataset.avsnitt === falt.name) forse(falt);
  }
}

function forse(falt) {
  const rad = document.createElement('div');
  rad.className = 'verktyg';
  rad.setAttribute('role', 'toolbar');
  rad.setAttribute('aria-label', 'Formatera texten');
  rad.setAttribute('aria-controls', falt.id);
  KNAPPAR.forEach(([tecken, namn, gor, klass], i) => rad.append(knappen(falt, { tecken, namn, gor, klass, forst: i === 0 })));
  rad.addEventListener('keydown', vandra);
  falt.before(rad);
  falt.addEventListener('keydown', (h) => {
    if (h.key.toLowerCase() !== 'b' || h.ctrlKey === h.metaKey || h.altKey || h.shiftKey || !snabbtangenter()) return;
    h.preventDefault();
    fet(falt);
  });
  // Not at the key: a telephone's keyboard doesn't say which one it was.
  falt.addEventListener('beforeinput', (h) => {
    if (h.inputType === 'insertLineBreak' && !h.isComposing && nyListrad(falt)) h.preventDefault();
  });
}

function knappen(falt, { tecken, namn, gor, klass, forst }) {
  const knapp = document.createElement('button');
  knapp.type = 'button';
  knapp.textContent = tecken;
  knapp.title = namn;
  knapp.setAttribute('aria-label', namn);
  knapp.tabIndex = forst ? 0 : -1;
  if (klass) knapp.className = klass;
  // The field keeps the focus, and a telephone its keyboard.
  knapp.addEventListener('pointerdown', (h) => h.preventDefault());
  knapp.addEventListener('click', () => gor(falt));
  return knapp;
}

function vandra(h) {
  const knappar = [...h.currentTarget.children];
  const steg = { ArrowRight: 1, ArrowLeft: -1 }[h.key];
  const fran = knappar.indexOf(h.target);
  const till = { Home: 0, End: knappar.length - 1 }[h.key] ?? (steg === undefined ? -1 : (fran + steg + knappar.length) % knappar.length);
  if (till < 0) return;
  h.preventDefault();
  for (const knapp of knappar) knapp.tabIndex = -1;
  knappar[till].tabIndex = 0;
  knappar[till].focus();
}

// --- writing in the field ---

/** Puts text in place of a part of the field, as if it had been typed, and marks a part of it. */
function ersatt(falt, fran, till, text, markera) {
  falt.focus({ preventScroll: true });
  falt.setSelectionRange(fran, till);
  // Old, and nothing else goes into the list of what Ctrl+Z takes back.
  if (!document.execCommand(text ? 'insertText' : 'delete', false, text)) {
    falt.setRangeText(text, fran, till, 'end');
    falt.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText' }));
  }
  falt.setSelectionRange(...markera);
}

function markering(falt) {
  let [fran, till] = [falt.selectionStart, falt.selectionEnd];
  // The word that the caret stands in; what is marked, without the space around it.
  if (fran === till) {
    fran -= /[\p{L}\p{N}]*$/u.exec(falt.value.slice(0, fran))[0].length;
    till += /^[\p{L}\p{N}]*/u.exec(falt.value.slice(till))[0].length;
  }
  while (fran < till && !falt.value[fran].trim()) fran += 1;
  while (till > fran && !falt.value[till - 1].trim()) till -= 1;
  return [fran, till, falt.value.slice(fran, till)];
}

function fet(falt) {
  const [fran, till, text] = markering(falt);
  const runt = falt.value.slice(fran - 2, fran) === '**' && falt.value.slice(till, till + 2) === '**';
  if (fran >= 2 && runt) {
    ersatt(falt, fran - 2, till + 2, text, [fran - 2, till - 2]);
  } else if (/^\*\*[^]+\*\*$/.test(text)) {
    ersatt(falt, fran, till, text.slice(2, -2), [fran, till - 4]);
  } else {
    ersatt(falt, fran, till, `**${text}**`, [fran + 2, till + 2]);
  }
}

function lank(falt) {
  const [fran, till, text] = markering(falt);
  const hel = /^\[([^\]]*)\]\(([^)]*)\)$/.exec(text);
  if (hel) {
    ersatt(falt, fran, till, hel[1], [fran, fran + hel[1].length]);
  } else if (/^https?:\/\/\S+$/.test(text)) {
    ersatt(falt, fran, till, `[](${text})`, [fran + 1, fran + 1]);
  } else {
    const adress = till + 3;
    ersatt(falt, fran, till, `[${text}](https://)`, text ? [adress, adress + 8] : [fran + 1, fran + 1]);
  }
}

/** The whole lines that the selection touches. */
function rader(falt) {
  const fran = falt.value.lastIndexOf('\n', falt.selectionStart - 1) + 1;
  const slut = falt.value.indexOf('\n', Math.max(falt.selectionStart, falt.selectionEnd - 1));
  const till = slut < 0 ? falt.value.length : slut;
  return [fran, till, falt.value.slice(fran, till).split('\n')];
}

function skrivRader(falt, fran, till, nya) {
  const text = nya.join('\n');
  const en = nya.length === 1;
  ersatt(falt, fran, till, text, [en ? fran + text.length : fran, fran + text.length]);
}

function lista(falt, borjan) {
  const [fran, till, gamla] = rader(falt);
  const numrerad = borjan(0) !== '- ';
  const ren = (rad) => LISTRAD.exec(rad)?.[5] ?? rad;
  const ar = (rad) => { const m = LISTRAD.exec(rad); return m !== null && Boolean(m[3]) === numrerad; };
  const fyllda = gamla.filter((rad) => rad.trim());
  if (fyllda.length && fyllda.every(ar)) {
    skrivRader(falt, fran, till, gamla.map(ren));
    return;
  }
  let antal = 0;
  skrivRader(falt, fran, till, gamla.map((rad) => (rad.trim() || gamla.length === 1 ? borjan(antal++) + ren(rad) : rad)));
}

function rubrik(falt) {
  const [fran, till, gamla] = rader(falt);
  const ar = (rad) => /^#{1,6}\s/.test(rad);
  const ren = (rad) => rad.replace(/^#{1,6}\s+/, '');
  const alla = gamla.every((rad) => ar(rad) || !rad.trim()) && gamla.some(ar);
  skrivRader(falt, fran, till, gamla.map((rad) => (alla ? ren(rad) : rad.trim() || gamla.length === 1 ? `## ${ren(rad)}` : rad)));
}

/** Enter in a list begins its next line; on a line that says nothing it ends the list. Whether it did either. */
function nyListrad(falt) {
  const vid = falt.selectionStart;
  if (vid !== falt.selectionEnd) return false;
  const fran = falt.value.lastIndexOf('\n', vid - 1) + 1;
  const m = LISTRAD.exec(falt.value.slice(fran, vid));
  if (!m) return false;
  const [, indrag, tecken, nummer, mellan, text] = m;
  if (text.trim()) {
    const ny = `\n${indrag}${nummer ? `${Number(nummer) + 1}.` : tecken}${mellan}`;
    ersatt(falt, vid, vid, ny, [vid + ny.length, vid + ny.length]);
    return true;
  }
  const rest = falt.value.slice(vid).split('\n', 1)[0];
  if (rest.trim()) return false;
  ersatt(falt, fran, vid, '', [fran, fran]);
  return true;
}
