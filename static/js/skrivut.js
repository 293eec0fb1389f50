// A button that prints the page; without scripts it is not there, and the browser's own menu does it.

export function starta() {
  for (const ruta of document.querySelectorAll('[data-skriv-ut]')) {
    ruta.querySelector('button').addEventListener('click', () => window.print());
    ruta.hidden = false;
  }
}
