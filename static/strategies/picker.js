"use strict";

// Choosing values of a fact: chips when there are few, a list with a search otherwise, a tree where they lie in one.
document.addEventListener("alpine:init", () => {
  const WAIT = 250; // ms after the last key before the server is asked
  const CHIPS = 8; // so many values stand side by side
  const SHOWN = 200; // so many fit in a list that somebody still reads
  const known = new Map(); // lists by address: rows about the same fact share one
  const names = new Map(); // words by fact and code

  function load(address) {
    if (!known.has(address)) {
      const answer = fetch(address, { headers: { Accept: "application/json" } }).then((said) => {
        if (!said.ok) {
          throw new Error(`answer ${said.status}`);
        }
        return said.json();
      });
      answer.catch(() => known.delete(address));
      known.set(address, answer);
    }
    return known.get(address);
  }

  // Roots first, every child beneath its parent.
  function unfold(choices) {
    const codes = new Set(choices.map((each) => each.code));
    const children = new Map();
    for (const each of choices) {
      const parent = codes.has(each.parent) ? each.parent : null;
      children.set(parent, [...(children.get(parent) ?? []), each]);
    }
    const found = [];
    const walk = (parent, path) => {
      for (const each of children.get(parent) ?? []) {
        found.push({ ...each, path, branch: children.has(each.code) });
        walk(each.code, [...path, each]);
      }
    };
    walk(null, []);
    return found;
  }

  window.Alpine.data("choicePicker", (row, fact, address, labels) => ({
    query: "",
    choices: [],
    tree: false,
    searched: fact.searched, // the server looks for the words
    ready: false,
    failed: false,
    open: false,
    active: 0,
    unfolded: {},
    listId: `choices-${row.id}`,

    init() {
      for (const [code, label] of Object.entries(labels ?? {})) {
        names.set(`${row.fact}/${code}`, label);
      }
      this.$watch("query", window.Alpine.debounce(() => this.fetch(), this.searched ? WAIT : 0));
      if (!this.searched) {
        this.fetch();
      }
    },

    async fetch() {
      const wanted = this.searched ? this.query.trim() : "";
      this.active = 0;
      if (this.searched && !wanted) {
        this.choices = [];
        return;
      }
      try {
        const said = await load(`${address}?${new URLSearchParams({ fact: row.fact, q: wanted })}`);
        if (this.searched && wanted !== this.query.trim()) {
          return;
        }
        this.tree = said.choices.some((each) => each.parent);
        this.choices = this.tree ? unfold(said.choices) : said.choices;
        for (const each of said.choices) {
          names.set(`${row.fact}/${each.code}`, each.label);
        }
        const roots = this.choices.filter((each) => each.path?.length === 0);
        if (roots.length === 1) {
          this.unfolded[roots[0].code] = true;
        }
        this.failed = false;
        this.ready = true;
      } catch {
        this.failed = true;
      }
    },

    chips() {
      return this.ready && !this.tree && !this.searched && this.choices.length <= CHIPS;
    },
    label(code) {
      return (this.ready, names.get(`${row.fact}/${code}`) ?? code);
    },
    has(code) {
      return row.value.includes(code);
    },
    toggle(code) {
      row.value = this.has(code) ? row.value.filter((each) => each !== code) : [...row.value, code];
    },
    shown() {
      const words = this.query.trim().toLowerCase();
      const fits = (each) => !words || this.searched || `${each.code} ${each.label}`.toLowerCase().includes(words);
      const visible = (each) => Boolean(words) || !this.tree || each.path.every((above) => this.unfolded[above.code]);
      return this.choices.filter((each) => fits(each) && visible(each)).slice(0, SHOWN);
    },
    depth(each) {
      return this.query.trim() ? 0 : (each.path?.length ?? 0);
    },
    trail(each) {
      return this.query.trim() ? (each.path ?? []).map((above) => above.label).join(" / ") : "";
    },
    unfoldNode(each, wide) {
      if (each?.branch) {
        this.unfolded[each.code] = wide;
      }
    },
    close() {
      this.open = false;
      this.query = "";
    },
    press(event) {
      const list = this.shown();
      const moves = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in moves) {
        event.preventDefault();
        this.open = true;
        this.active = Math.max(0, Math.min(list.length - 1, this.active + moves[event.key]));
        this.$nextTick(() => this.$root.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (this.open && list[this.active]) {
          this.toggle(list[this.active].code);
        }
      } else if (event.key === "Escape") {
        this.close();
      } else if (this.tree && !this.query && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
        this.unfoldNode(list[this.active], event.key === "ArrowRight");
      } else if (event.key === "Backspace" && !this.query && row.value.length) {
        this.toggle(row.value[row.value.length - 1]);
      }
    },
  }));
});
