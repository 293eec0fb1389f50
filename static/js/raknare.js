// Character counters: the server says how many at most, this says how many are left.

function rakna(rad, falt) {
  const kvar = Number(rad.dataset.max) - falt.value.length;
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
