// Passkeys: asks the browser to make or to use one, puts its answer in the form, and sends the form.
const FEL = {
  NotAllowedError: 'Det avbröts eller tog för lång tid. Försök igen.',
  InvalidStateError: 'Den här enheten har redan en passkey för ditt konto.',
  SecurityError: 'Webbläsaren tillåter inte passkeys på den här adressen. Säg till den som sköter driften.',
};

function tillByte(text) {
  const tecken = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(tecken, (ett) => ett.charCodeAt(0));
}

function tillText(buffert) {
  const tecken = String.fromCharCode(...new Uint8Array(buffert));
  return btoa(tecken).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function nycklar(lista = []) {
  return lista.map((en) => ({ ...en, id: tillByte(en.id) }));
}

async function skapa(val) {
  const publicKey = { ...val, challenge: tillByte(val.challenge), excludeCredentials: nycklar(val.excludeCredentials) };
  publicKey.user = { ...val.user, id: tillByte(val.user.id) };
  const nyckel = await navigator.credentials.create({ publicKey });
  return svar(nyckel, { attestationObject: tillText(nyckel.response.attestationObject) });
}

async function fraga(val) {
  const publicKey = { ...val, challenge: tillByte(val.challenge), allowCredentials: nycklar(val.allowCredentials) };
  const nyckel = await navigator.credentials.get({ publicKey });
  return svar(nyckel, {
    authenticatorData: tillText(nyckel.response.authenticatorData),
    signature: tillText(nyckel.response.signature),
  });
}

function svar(nyckel, mer) {
  const response = { clientDataJSON: tillText(nyckel.response.clientDataJSON), ...mer };
  return { id: nyckel.id, rawId: tillText(nyckel.rawId), type: nyckel.type, response };
}

function starta(ruta) {
  const [knapp, fel] = [ruta.querySelector('button'), ruta.querySelector('[role=alert]')];
  const form = ruta.closest('form');
  knapp.addEventListener('click', async () => {
    knapp.disabled = true;
    fel.textContent = '';
    try {
      const val = JSON.parse(ruta.dataset.val);
      const nyckel = await (ruta.dataset.passkey === 'skapa' ? skapa(val) : fraga(val));
      form.elements[ruta.dataset.falt].value = JSON.stringify(nyckel);
      form.submit();
    } catch (orsak) {
      console.warn('Passkey:', orsak);
      fel.textContent = FEL[orsak.name] ?? 'Webbläsaren kunde inte använda passkeyn. Försök igen, eller använd en kod.';
      knapp.disabled = false;
    }
  });
  ruta.hidden = false;
}

if (window.PublicKeyCredential) document.querySelectorAll('[data-passkey]').forEach(starta);
