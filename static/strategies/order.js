"use strict";

// The list of strategies: their order is changed by dragging or with the arrows, and looked at before it is saved;
// what each strategy decides now comes after the page, for it takes a look at every SKU.
document.addEventListener("alpine:init", () => {
  const WAIT = 300; // ms

  window.Alpine.data("strategyList", () => ({
    ...JSON.parse(document.getElementById("strategy-list-data").textContent), // kind, urls, order
    moved: false,
    effect: null,
    problem: "",
    saving: false,
    figures: null,
    failed: false,
    asked: 0,

    init() {
      this.initial = [...this.order];
      this.settle = window.Alpine.debounce(() => this.look(), WAIT);
      this.count();
    },

    async count() {
      try {
        const answer = await fetch(this.urls.figures, { headers: { Accept: "application/json" } });
        if (!answer.ok) {
          throw new Error(`answer ${answer.status}`);
        }
        this.figures = await answer.json();
      } catch {
        this.failed = true;
      }
    },
    figure(id) {
      return this.figures?.strategies[id];
    },
    place(id) {
      return this.order.indexOf(id) + 1;
    },

    // x-sort tells which one came to lie where.
    drop(id, place) {
      this.put(Number(id), place);
    },
    step(id, by, button) {
      const place = this.order.indexOf(id) + by;
      if (place < 0 || place >= this.order.length) {
        return;
      }
      this.put(id, place);
      this.arrange();
      this.$nextTick(() => button.focus());
    },
    put(id, place) {
      const rest = this.order.filter((each) => each !== id);
      rest.splice(place, 0, id);
      this.order = rest;
      this.moved = rest.some((each, at) => each !== this.initial[at]);
      this.effect = null;
      this.problem = "";
      this.settle();
    },
    arrange() {
      for (const id of this.order) {
        this.$refs.list.append(this.$refs.list.querySelector(`[data-strategy="${id}"]`));
      }
    },
    undo() {
      this.order = [...this.initial];
      this.moved = false;
      this.effect = null;
      this.problem = "";
      this.arrange();
    },

    async send(url) {
      const body = new FormData(this.$refs.order);
      this.order.forEach((id) => body.append("ids", id));
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
      return answer.json();
    },
    async look() {
      if (!this.moved) {
        return;
      }
      const mine = ++this.asked;
      try {
        const said = await this.send(this.urls.look);
        if (mine === this.asked && this.moved) {
          this.effect = said.problem ? null : said;
          this.problem = said.problem ?? "";
        }
      } catch {
        this.problem = this.texts.unreachable;
      }
    },
    async save() {
      this.saving = true;
      try {
        const said = await this.send(this.urls.save);
        if (!said.problem) {
          window.location.reload();
          return;
        }
        this.problem = said.problem;
      } catch {
        this.problem = this.texts.unreachable;
      }
      this.saving = false;
    },
  }));
});
