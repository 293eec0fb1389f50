// Copies the text of a mail, or hands it to the device's own sharing. Without this script it is marked and copied by hand.
export function starta(rot = document) {
  for (const ruta of rot.querySelectorAll('[data-dela]')) forbered(ruta);
}

function forbered(ruta) {
  const text = ruta.querySelector('[data-dela-text]');
  const svar = ruta.querySelector('[data-dela-svar]');
  const kopiera = ruta.querySelector('[data-dela-kopiera]');
  const skicka = ruta.querySelector('[data-dela-skicka]');
  kopiera.hidden = false;
  kopiera.addEventListener('click', async () => {
    svar.textContent = (await tillUrklipp(text)) ? 'Texten är kopierad.' : 'Det gick inte. Texten är markerad: kopiera den själv.';
  });
  if (!navigator.share) return;
  skicka.hidden = false;
  skicka.addEventListener('click', async () => {
    try {
      await navigator.share({ title: ruta.dataset.amne, text: text.value });
    } catch (fel) {
      if (fel.name !== 'AbortError') svar.textContent = 'Det gick inte att dela härifrån. Kopiera texten i stället.';
    }
  });
}

async function tillUrklipp(falt) {
  // Marked first: what can't be copied for the person is a key press away.
  falt.focus();
  falt.select();
  try {
    await navigator.clipboard.writeText(falt.value);
    return true;
  } catch {
    return false;
  }
}
