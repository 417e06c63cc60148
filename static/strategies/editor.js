"use strict";

// The editor of a strategy: groups of rows, what they match as one edits, and saving without losing anything.
document.addEventListener("alpine:init", () => {
  const WAIT = 400; // ms after the last key before the server is asked
  const ROW = /(any|unless)\D+(\d+)\D+all\D+(\d+)/;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  let serial = 0;

  const newRow = (row = {}) => ({
    id: ++serial,
    fact: row.fact ?? "",
    op: row.op ?? "",
    value: row.value ?? null,
    faults: [],
  });
  const newGroup = (group) => ({ id: ++serial, rows: group ? group.all.map(newRow) : [newRow()] });

  window.Alpine.data("strategyEditor", () => ({
    ...read("strategy-editor-data"), // facts, operators, texts, urls
    parts: { any: [], unless: [] },
    seen: null,
    busy: false,
    saving: false,
    dirty: false,
    problems: [],
    offline: false,
    asked: 0,

    init() {
      for (const part of ["any", "unless"]) {
        this.parts[part] = this.conditions[part].map(newGroup);
      }
      this.settle = window.Alpine.debounce(() => this.look(), WAIT);
      this.$watch("parts", () => this.touch());
      window.addEventListener("beforeunload", (event) => {
        if (this.dirty && !this.saving) {
          event.preventDefault();
        }
      });
      this.look();
    },

    touch() {
      this.dirty = true;
      this.settle();
    },

    // Rows ------------------------------------------------------------------------------------------------------------
    addGroup(part) {
      this.parts[part].push(newGroup());
      this.focusLast(part);
    },
    addRow(part, group) {
      group.rows.push(newRow());
      this.focusLast(part);
    },
    removeRow(part, group, row) {
      group.rows = group.rows.filter((each) => each.id !== row.id);
      if (group.rows.length === 0) {
        this.parts[part] = this.parts[part].filter((each) => each.id !== group.id);
      }
    },
    focusLast(part) {
      this.$nextTick(() => {
        const selects = this.$root.querySelectorAll(`[data-part="${part}"] select[data-fact]`);
        selects[selects.length - 1]?.focus();
      });
    },
    chooseFact(row) {
      const [first] = this.operatorsOf(row);
      row.op = first ? first.op : "";
      row.value = this.emptyValue(row);
      row.faults = [];
    },
    chooseOp(row, op) {
      const before = this.shape(row);
      row.op = op;
      if (this.shape(row) !== before) {
        row.value = this.emptyValue(row);
      }
      row.faults = [];
    },
    fact(row) {
      return this.facts[row.fact];
    },
    operatorsOf(row) {
      return this.fact(row) ? this.operators[this.fact(row).type] : [];
    },
    shape(row) {
      return this.operatorsOf(row).find((each) => each.op === row.op)?.shape ?? "none";
    },
    emptyValue(row) {
      return { codes: [], words: [], pair: ["", ""], single: "", flag: true, none: null }[this.shape(row)];
    },
    isComplete(row) {
      if (!row.fact || !row.op) {
        return false;
      }
      const filled = (value) => String(value).trim() !== "";
      const complete = {
        codes: () => row.value.length > 0,
        words: () => row.value.length > 0,
        pair: () => row.value.every(filled),
        single: () => filled(row.value),
      };
      return complete[this.shape(row)]?.() ?? true;
    },
    setWords(row, text) {
      row.value = [...new Set(text.split(/[,，、;；\n]/).map((each) => each.trim()).filter(Boolean))];
    },
    rows() {
      return [...this.parts.any, ...this.parts.unless].flatMap((group) => group.rows);
    },
    incomplete() {
      return this.rows().filter((row) => !this.isComplete(row)).length;
    },
    asDocument() {
      const plain = (group) => ({ all: group.rows.map(({ fact, op, value }) => ({ fact, op, value })) });
      return { any: this.parts.any.map(plain), unless: this.parts.unless.map(plain) };
    },

    // The server ------------------------------------------------------------------------------------------------------
    async send(url) {
      const body = new FormData(this.$refs.form);
      body.set("conditions", JSON.stringify(this.asDocument()));
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!(answer.headers.get("Content-Type") ?? "").includes("json")) {
        throw new Error(`answer ${answer.status}`);
      }
      return answer.json();
    },

    async look() {
      if (this.incomplete()) {
        return;
      }
      const mine = ++this.asked;
      this.busy = true;
      try {
        const seen = await this.send(this.urls.look);
        if (mine !== this.asked) {
          return; // a later look is on its way
        }
        this.offline = false;
        this.seen = seen;
        this.showFaults(seen, false);
      } catch {
        this.offline = mine === this.asked;
      }
      if (mine === this.asked) {
        this.busy = false;
      }
    },

    async save() {
      this.problems = [];
      if (this.incomplete()) {
        this.rows().filter((row) => !this.isComplete(row)).forEach((row) => (row.faults = [this.texts.incomplete]));
        this.tell([this.texts.rows]);
        return;
      }
      this.saving = true;
      try {
        const said = await this.send(this.urls.save);
        if (said.url) {
          window.location.assign(said.url);
          return;
        }
        this.showFaults(said, true);
      } catch {
        this.tell([this.texts.unsaved]);
      }
      this.saving = false;
    },

    // Faults ----------------------------------------------------------------------------------------------------------
    tell(sentences) {
      this.problems = sentences;
      this.$nextTick(() => this.$refs.problems.focus());
    },
    showFaults(said, asked) {
      const rest = [...(said.problems ?? [])];
      this.rows().forEach((row) => (row.faults = []));
      for (const { path, sentence } of said.faults ?? []) {
        const [, part, group, row] = ROW.exec(path) ?? [];
        const found = part && this.parts[part][group]?.rows[row];
        if (found) {
          found.faults.push(sentence);
        } else {
          rest.push(sentence);
        }
      }
      if (asked) {
        this.showFields(said.fields ?? {});
        this.tell(rest.length ? rest : [this.texts.refused]);
      }
    },
    showFields(fields) {
      this.$refs.form.querySelectorAll("[data-field-fault]").forEach((each) => each.remove());
      for (const [name, sentences] of Object.entries(fields)) {
        const quoted = CSS.escape(name); // a field of several boxes has numbers behind its name
        const field = this.$refs.form.querySelector(`[name="${quoted}"], [name="${quoted}_0"]`);
        if (!field) {
          this.problems.push(...sentences);
          continue;
        }
        const note = document.createElement("p");
        note.className = "st-fault";
        note.dataset.fieldFault = name;
        note.textContent = sentences.join(" ");
        (field.closest(".group, label") ?? field.parentElement).append(note);
      }
    },
  }));
});
