// Character counters: the server says how many at most, this says how many are left.

// Marks of origin, as wis/lagesbild/kallmarke.py has them: they are not counted.
const MARKE = /[ \t]*\[\[[a-z0-9][a-z0-9-]{0,80} [1-9]\d{0,8} [a-z0-9_-]{1,60}(?: behållen [1-9]\d{0,8})?\]\]/g;

function rakna(rad, falt) {
  const kvar = Number(rad.dataset.max) - falt.value.replace(MARKE, '').length;
  rad.textContent = kvar < 0 ? `${-kvar} tecken för mycket` : `${kvar} tecken kvar av ${rad.dataset.max}`;
  rad.classList.toggle('fel-text', kvar < 0);
}

export function starta() {
  for (const rad of document.querySelectorAll('[data-rakna-for]')) {
    const falt = document.getElementById(rad.dataset.raknaFor);
    if (!falt) continue;
    falt.addEventListener('input', () => rakna(rad, falt));
    rakna(rad, falt);
  }
}
