// Tells somebody who writes that a newer version has been published meanwhile.

export function foljVersioner(form) {
  document.addEventListener('wis:andring', ({ detail: andring }) => {
    if (andring?.slag === 'lagesbild' && String(andring.id) === form.dataset.lagesbild) visa(form, andring.version);
  });
  // The page as the server draws it now: what was published before we could hear of it.
  document.addEventListener('wis:hamtad', ({ detail: sida }) => {
    const farsk = sida.querySelector('form[data-utkast]')?.dataset;
    if (farsk?.utkast !== form.dataset.utkast) return;
    form.dataset.lagesbild = farsk.lagesbild; // there was none to listen for before its first draft
    visa(form, Number(farsk.senaste));
  });
}

function visa(form, nummer) {
  if (nummer <= Number(form.dataset.senaste)) return;
  form.dataset.senaste = nummer;
  const ruta = document.querySelector('[data-nyare]');
  if (!ruta) return;
  ruta.querySelector('[data-nyare-nummer]').textContent = nummer;
  ruta.hidden = false;
}
