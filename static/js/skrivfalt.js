// The fields of a form where somebody writes: as tall as their text, and shown when they are asked for.

/** A textarea as tall as its text, where the style sheet alone can't do it. */
export function vaxMedTexten(falt) {
  if (CSS.supports('field-sizing', 'content')) return;
  const minst = falt.rows;
  const vax = () => {
    falt.rows = minst;
    while (falt.scrollHeight > falt.clientHeight && falt.rows < 200) falt.rows += 1;
  };
  falt.addEventListener('input', vax);
  const avsnitt = falt.closest('details');
  if (avsnitt) avsnitt.addEventListener('toggle', vax);
  vax();
}

/** The field for a time of one's own shows only when it is asked for. */
export function annanTid(form) {
  const del = form.querySelector('[data-annan-tid]');
  const tid = form.elements.namedItem('nasta_tid');
  if (!del || !tid) return;
  let mindes = tid.value;
  const visa = () => {
    const egen = form.elements.namedItem('nasta_val').value === 'annan';
    if (egen && !tid.value) tid.value = mindes;
    if (!egen && tid.value) {
      mindes = tid.value;
      tid.value = '';
    }
    del.hidden = !egen;
  };
  visa();
  form.addEventListener('change', visa, { capture: true });
}
