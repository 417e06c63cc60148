// Keeps the numbers of an open storefront page up to date, without reloading it.
(() => {
  "use strict";

  const page = document.body.dataset;
  if (!page.stream) return;

  const indicator = document.getElementById("live");
  const retryDelay = 1000;
  // The server sends something at least every 15 s; a longer silence is a connection that died unnoticed.
  const silenceLimit = 40000;
  const tiles = new Map();
  for (const tile of document.querySelectorAll(".tile")) {
    tiles.set(key(tile.dataset.shop, tile.dataset.item), tile);
  }

  let source = null;
  let lastSeen = new URL(page.stream, location.href).searchParams.get("since");
  let lastHeard = Date.now();
  let retry = 0;

  function key(shop, item) {
    return shop + "\n" + item;
  }

  function level(quantity) {
    if (quantity === 0) return "out";
    return quantity <= Number(page.low) ? "low" : "in";
  }

  function word(name) {
    return page["word" + name[0].toUpperCase() + name.slice(1)];
  }

  function show(state) {
    lastHeard = Date.now();
    if (indicator.dataset.state === state) return;
    indicator.dataset.state = state;
    indicator.textContent = word(state);
  }

  function flash(tile, rising) {
    tile.classList.remove("rose", "fell");
    void tile.offsetWidth; // restarts the animation of a tile that is still flashing
    tile.classList.add(rising ? "rose" : "fell");
  }

  function apply(change) {
    const tile = tiles.get(key(change.shop, change.item));
    if (!tile) return;
    const number = tile.querySelector(".number");
    const before = Number(number.textContent);
    if (before === change.quantity) return;
    number.textContent = String(change.quantity);
    tile.dataset.level = level(change.quantity);
    tile.querySelector(".badge").textContent = word(tile.dataset.level);
    flash(tile, change.quantity > before);
  }

  function reconnect() {
    show("reconnecting");
    if (source) source.close();
    clearTimeout(retry);
    retry = setTimeout(connect, retryDelay);
  }

  function connect() {
    const url = new URL(page.stream, location.href);
    url.searchParams.set("since", lastSeen);
    source = new EventSource(url);
    source.addEventListener("open", () => show("connected"));
    source.addEventListener("beat", () => show("connected"));
    source.addEventListener("stock", (event) => {
      lastSeen = event.lastEventId;
      show("connected");
      JSON.parse(event.data).forEach(apply);
    });
    source.addEventListener("error", reconnect);
  }

  setInterval(() => {
    if (Date.now() - lastHeard > silenceLimit) reconnect();
  }, 5000);
  window.addEventListener("pagehide", () => source && source.close());
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
})();
