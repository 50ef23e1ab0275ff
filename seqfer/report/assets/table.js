// A table that sorts, and draws only the rows in sight: ten thousand are as quick as ten.

const PRINTED_ROWS = 300;

class Table {
  // columns: {key, label, numeric, value(row), fill(cell, row), wide}; onOpen(row) on click or Enter.
  constructor(host, columns, { rowHeight = 44, label, onOpen, rowLabel }) {
    Object.assign(this, { host, columns, rowHeight, onOpen, rowLabel, rows: [], active: -1, sorted: null });
    this.head = element("div", { className: "row head", role: "row", "aria-rowindex": "1" });
    for (const column of columns) this.head.append(this.#heading(column));
    this.body = element("div", { className: "rows", role: "rowgroup" });
    this.pane = element("div", { className: "pane", tabIndex: 0, role: "grid", "aria-label": label },
      element("div", { role: "rowgroup", className: "heads" }, this.head), this.body);
    host.replaceChildren(this.pane);
    this.drawn = new Map();
    this.pane.addEventListener("scroll", () => this.draw(), { passive: true });
    this.pane.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => requestAnimationFrame(() => this.draw())).observe(this.pane);
  }

  #heading(column) {
    const button = element("button", { type: "button" }, column.label);
    const cell = element("div", { className: `cell ${column.className ?? ""}`, role: "columnheader", "aria-sort": "none" }, button);
    if (column.value) button.addEventListener("click", () => this.sort(column));
    else button.disabled = true;
    column.heading = cell;
    return cell;
  }

  sort(column, descending = this.sorted?.column === column ? !this.sorted.descending : Boolean(column.numeric)) {
    this.sorted = { column, descending };
    this.show(this.rows);
  }

  // Rows are numbers; what they mean the columns know.
  show(rows) {
    this.rows = [...rows];
    if (this.sorted) {
      const { column, descending } = this.sorted;
      const values = new Map(this.rows.map((row) => [row, column.value(row)]));
      const order = (a, b) => {
        const [x, y] = [values.get(a), values.get(b)];
        if (x === null || y === null) return (x === null) - (y === null) || a - b; // nothing comes last
        const less = column.numeric ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
        return (descending ? -less : less) || a - b;
      };
      this.rows.sort(order);
    }
    for (const column of this.columns) {
      const direction = this.sorted?.column === column ? (this.sorted.descending ? "descending" : "ascending") : "none";
      column.heading.setAttribute("aria-sort", direction);
    }
    this.pane.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.body.style.height = `${this.rows.length * this.rowHeight}px`;
    this.drawn.forEach((row) => row.remove());
    this.drawn.clear();
    this.active = Math.min(this.active, this.rows.length - 1);
    this.draw();
  }

  // The rows in sight; for paper the first ones, and what to say of the rest.
  draw(onPaper = false) {
    const { scrollTop, clientHeight } = this.pane;
    const first = onPaper ? 0 : Math.max(0, Math.floor(scrollTop / this.rowHeight) - 4);
    const stop = Math.min(this.rows.length, onPaper ? PRINTED_ROWS : Math.ceil((scrollTop + clientHeight) / this.rowHeight) + 4);
    const cut = $("#cut");
    cut.hidden = !onPaper || stop === this.rows.length;
    cut.textContent = `The first ${count(stop)} of ${count(this.rows.length)} rows.`;
    for (const [at, row] of this.drawn) {
      if (at < first || at >= stop) {
        row.remove();
        this.drawn.delete(at);
      }
    }
    for (let at = first; at < stop; at++) if (!this.drawn.has(at)) this.drawn.set(at, this.#row(at));
    if (onPaper) this.body.append(...[...this.drawn].sort((a, b) => a[0] - b[0]).map(([, row]) => row));
    const active = this.drawn.get(this.active);
    if (active) this.pane.setAttribute("aria-activedescendant", active.id);
    else this.pane.removeAttribute("aria-activedescendant");
  }

  #row(at) {
    const row = this.rows[at];
    const made = element("div", {
      className: `row${at === this.active ? " active" : ""}`, role: "row", id: `${this.host.id}-${row}`,
      "aria-rowindex": String(at + 2), "aria-selected": String(at === this.active),
      style: { top: `${at * this.rowHeight}px` },
    });
    for (const column of this.columns) {
      const cell = element("div", { className: `cell ${column.className ?? ""}`, role: "gridcell" });
      column.fill(cell, row);
      made.append(cell);
    }
    made.addEventListener("click", () => {
      this.activate(at);
      this.onOpen?.(row, "click");
    });
    this.body.append(made);
    return made;
  }

  activate(at, scroll = false) {
    const before = this.drawn.get(this.active);
    before?.classList.remove("active");
    before?.setAttribute("aria-selected", "false");
    this.active = at;
    if (scroll) {
      const top = at * this.rowHeight;
      const room = this.pane.clientHeight - this.head.offsetHeight - this.rowHeight;
      if (top < this.pane.scrollTop) this.pane.scrollTop = top;
      else if (top > this.pane.scrollTop + room) this.pane.scrollTop = top - room;
    }
    this.draw();
    const now = this.drawn.get(at);
    now?.classList.add("active");
    now?.setAttribute("aria-selected", "true");
  }

  #key(event) {
    if (event.target !== this.pane || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.pane.clientHeight / this.rowHeight) - 2);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves && this.rows.length) {
      this.activate(Math.min(this.rows.length - 1, Math.max(0, this.active + moves[event.key])), true);
    } else if (event.key === "Enter" && this.active >= 0) {
      this.onOpen?.(this.rows[this.active], "key");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
