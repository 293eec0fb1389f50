// The socket, and when it is tried again: each time within a longer while, at a moment drawn by lot, so that thousands who
// lose it in the same second don't come back in the same second.
const FORST = 3000;
const TALIGT = 5; // so many tries more before the while grows: a server that starts again is soon back
const LANGST = 30000;
const HALLER = 5000; // a connection that lasts as long is one that works

async function hamtaKlienten() {
  try {
    return (await import('../vendor/socket.io.esm.min.js')).io;
  } catch (fel) {
    console.warn('Sidan får inte veta när något händer, utan frågar.', fel);
    return null;
  }
}

export class Uppkoppling {
  #socket = null;
  #lyssnare;
  #fraga;
  #nasta = 0;
  #provtid = 0;
  #vackt = false;
  #stangd = false;
  misslyckade = 0; // tries since it last worked

  // lyssnare: { ansluten(vackt), bruten(avServern), nekad(), andring(data), nummer(data) }. `fraga`: what the page says of
  // itself when it connects.
  constructor(lyssnare, fraga = {}) {
    this.#lyssnare = lyssnare;
    this.#fraga = fraga;
  }

  get ansluten() {
    return this.#socket?.connected ?? false;
  }

  async starta() {
    const io = await hamtaKlienten();
    if (this.#stangd) return;
    if (!io) {
      this.misslyckade = Infinity;
      this.#lyssnare.nekad();
      return;
    }
    const socket = io({
      transports: ['websocket', 'polling'], tryAllTransports: true, reconnection: false, query: this.#fraga,
    });
    this.#socket = socket;
    socket.on('connect', () => this.#anslots());
    socket.on('connect_error', () => this.#nekades());
    socket.on('disconnect', (orsak) => this.#brots(orsak));
    socket.on('andring', (data) => this.#lyssnare.andring(data));
    // Said so early that the library may hand it over before it says that we are connected.
    socket.on('nummer', (data) => queueMicrotask(() => this.#lyssnare.nummer(data)));
  }

  // Try at once. `vackt`: because somebody looks.
  genast(vackt = false) {
    if (!this.#socket || this.#socket.connected) return;
    clearTimeout(this.#nasta);
    this.#nasta = 0;
    this.#vackt = vackt;
    this.#socket.connect();
  }

  // The network is back, for a whole building perhaps: by lot, but how it went before says nothing any more.
  paNytt() {
    if (!this.#socket || this.#socket.connected) return;
    clearTimeout(this.#nasta);
    this.#nasta = 0;
    this.misslyckade = 0;
    this.senare();
  }

  // Try again when the lot says so.
  senare() {
    if (this.#nasta || !this.#socket || this.#socket.connected) return;
    const hogst = Math.min(LANGST, FORST * 2 ** Math.max(0, this.misslyckade - TALIGT));
    this.#nasta = setTimeout(() => {
      this.#nasta = 0;
      this.#socket.connect();
    }, Math.random() * hogst);
  }

  stang() {
    this.#stangd = true;
    clearTimeout(this.#nasta);
    clearTimeout(this.#provtid);
    this.#socket?.disconnect();
    this.#socket = null;
  }

  #anslots() {
    clearTimeout(this.#nasta);
    this.#nasta = 0;
    this.#provtid = setTimeout(() => { this.misslyckade = 0; }, HALLER);
    const vackt = this.#vackt;
    this.#vackt = false;
    this.#lyssnare.ansluten(vackt);
  }

  #nekades() {
    this.#vackt = false; // what is tried from now on, nobody asked for
    this.misslyckade += 1;
    this.#lyssnare.nekad();
    this.senare();
  }

  #brots(orsak) {
    clearTimeout(this.#provtid);
    if (orsak === 'io client disconnect') return;
    const avServern = orsak === 'io server disconnect';
    // Whoever is cut again and again as soon as they come must not ask ever faster.
    if (avServern) this.misslyckade += 1;
    this.#lyssnare.bruten(avServern);
    if (!avServern) this.senare();
  }
}
