// What of a form somebody has written, and what it is to be saved by. The templates say so at the fields.
//
// [data-ej-text]: what stands in it is of this visit alone (why one publishes alone, 'Vem ser det här?'): it is neither
// kept nor given back. Nor is what nobody writes: hidden fields, and files.
//
// [data-grund]: what a save rests on. Its value says how far it follows the text:
//   text    wherever that is given back: what it was written on, and what it has met
//   utkast  where the browser itself puts it back, in the page that it was written in
//   sida    not at all: it says how the page was drawn, and goes along when a copy is sent from another page

/** Whether somebody writes or chooses in the field, and it is to be kept. */
export function arText(falt) {
  return falt.type !== 'hidden' && falt.type !== 'file' && !falt.closest('[data-ej-text]');
}

/** What the person has written, as one string to compare and keep. */
export function skrivet(form, data = new FormData(form)) {
  const namn = new Set([...form.elements].filter(arText).map((falt) => falt.name));
  return new URLSearchParams([...data].filter(([ett]) => namn.has(ett))).toString();
}

/** The names of the fields that hold the words of a section: no other has a place for them if its field is gone. */
export function ordfalt(form) {
  return [...form.elements].filter((falt) => falt.closest('[data-avsnitt]') && arText(falt)).map((falt) => falt.name);
}

/** What the form is to be saved by, by name. */
export function grund(form) {
  return Object.fromEntries([...form.querySelectorAll('[data-grund]')].map((falt) => [falt.name, falt.value]));
}

/** Save it by this again, as far as that follows the text in one of these ways. */
export function sattGrund(form, sparad, ...foljer) {
  for (const falt of form.querySelectorAll('[data-grund]')) {
    if (foljer.includes(falt.dataset.grund)) falt.value = sparad?.[falt.name] ?? falt.value;
  }
}

/** What the page's history remembers: the ground stays with the text where the browser puts that back. */
export function iHistoriken(form) {
  return { ...history.state, grund: grund(form) };
}
