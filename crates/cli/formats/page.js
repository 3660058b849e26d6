"use strict";
// Everything that comes from the data is put in as text, never as markup.
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const text = (index) => (index === null ? null : data.texts[index]);
  const texts = (indices) => indices.map(text);
  const meanings = new Map(data.states.map(([name, meaning]) => [name, meaning]));

  const file = ([path, before, after, lines, diff]) => ({
    path: text(path), before: text(before), after: text(after), lines,
    diff: diff === null ? null : texts(diff).join(""),
  });
  const near = ([path, anchor, within, message, lines, changedIn, lastFits]) => ({
    path: text(path), anchor: text(anchor), within: text(within), message: text(message),
    changedIn: text(changedIn), lastFits: text(lastFits),
    lines: lines.map(([line, found, differs, percent, inScope]) => ({ line, text: text(found), differs: text(differs), percent, inScope })),
  });
  const cells = data.cells.map(([patch, distribution, release, platform, state, variant, files, nearest, reason, from, notes]) => ({
    patch: text(patch), distribution: text(distribution), release: text(release), platform: text(platform),
    state: text(state), variant: text(variant), files: files.map((index) => file(data.files[index])),
    near: nearest === null ? null : near(data.nears[nearest]), reason: text(reason), from: text(from), notes: texts(notes),
  }));

  // The grids: each a list of rows of slots, with `null` where a platform has no release.

  const grids = [...document.querySelectorAll(".grid table")].map((table) => {
    const bodies = [...table.tBodies].map((body) => ({
      element: body,
      rows: [...body.rows].slice(1).map((row) => ({
        element: row,
        slots: [...row.cells].slice(1).map((element) => slot(element)),
      })),
    }));
    const rows = bodies.flatMap((body) => body.rows);
    return { table, heads: [...table.tHead.rows[0].cells].slice(1), bodies, rows };
  });

  function slot(element) {
    if (element.dataset.cells === undefined) return { element, cells: [], shown: false };
    return { element, cells: element.dataset.cells.split(" ").map((place) => cells[Number(place)]), shown: true };
  }

  // What is shown.

  const form = document.getElementById("filter");
  const checked = (name) => new Set([...form.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value));

  function filter() {
    const wanted = form.elements.patch.value.trim().toLowerCase();
    const platforms = checked("platform");
    const states = checked("state");
    const fits = (cell) => states.has(cell.state);
    let count = 0;
    let patches = 0;
    for (const grid of grids) {
      const used = grid.heads.map(() => false);
      for (const body of grid.bodies) {
        const name = body.element.rows[0].textContent.toLowerCase();
        const matches = body.element.dataset.patch.toLowerCase().includes(wanted) || name.includes(wanted);
        let inBody = 0;
        for (const row of body.rows) {
          let inRow = 0;
          const inPlace = matches && platforms.has(row.element.dataset.platform);
          row.slots.forEach((slot, column) => {
            const here = inPlace ? slot.cells.filter(fits).length : 0;
            slot.shown = here > 0;
            slot.element.classList.toggle("off", !slot.shown && slot.cells.length > 0);
            used[column] ||= slot.shown;
            inRow += here;
          });
          row.element.hidden = inRow === 0;
          inBody += inRow;
        }
        body.element.hidden = inBody === 0;
        count += inBody;
        patches += inBody > 0 ? 1 : 0;
      }
      hideColumns(grid, used);
      rove(grid, grid.current);
    }
    const noun = patches === 1 ? "patch" : "patches";
    document.getElementById("shown").textContent = `${count} of ${cells.length} cells shown, of ${patches} ${noun}.`;
  }

  function hideColumns(grid, used) {
    grid.heads.forEach((head, column) => { head.hidden = !used[column]; });
    for (const row of grid.rows) {
      row.slots.forEach((slot, column) => { slot.element.hidden = !used[column]; });
    }
    const width = used.filter(Boolean).length + 1;
    for (const body of grid.bodies) body.element.rows[0].cells[0].colSpan = width;
    grid.table.closest("section").hidden = width === 1;
    if (grid.width === width) return;
    grid.width = width;
    // The newest releases are on the right, and are what is mostly looked for.
    const scroll = grid.table.closest(".scroll");
    scroll.scrollLeft = scroll.scrollWidth;
  }

  // Moving: one slot of each grid is in the order of the Tab key.

  function find(element) {
    for (const grid of grids) {
      for (let row = 0; row < grid.rows.length; row += 1) {
        const column = grid.rows[row].slots.findIndex((slot) => slot.element === element);
        if (column >= 0) return { grid, row, column };
      }
    }
    return null;
  }

  const at = (grid, place) => grid.rows[place.row]?.slots[place.column];

  function first(grid) {
    for (let row = 0; row < grid.rows.length; row += 1) {
      const column = grid.rows[row].slots.findIndex((slot) => slot.shown);
      if (column >= 0) return { row, column };
    }
    return null;
  }

  function rove(grid, place) {
    if (grid.current) at(grid, grid.current).element.tabIndex = -1;
    grid.current = place && at(grid, place).shown ? { row: place.row, column: place.column } : first(grid);
    if (grid.current) at(grid, grid.current).element.tabIndex = 0;
  }

  function focus(grid, place) {
    rove(grid, place);
    const { element } = at(grid, grid.current);
    element.focus();
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /// The next slot that is shown, from a place in a direction, or `null`.
  function next(grid, { row, column }, down, right) {
    for (let place = { row: row + down, column: column + right }; at(grid, place); place = { row: place.row + down, column: place.column + right }) {
      if (at(grid, place).shown) return place;
    }
    return null;
  }

  /// The last slot that is shown in a direction.
  function last(grid, place, down, right) {
    for (let further = place; further; further = next(grid, further, down, right)) place = further;
    return place;
  }

  const moves = {
    ArrowLeft: (grid, place) => next(grid, place, 0, -1),
    ArrowRight: (grid, place) => next(grid, place, 0, 1),
    ArrowUp: (grid, place) => next(grid, place, -1, 0),
    ArrowDown: (grid, place) => next(grid, place, 1, 0),
    Home: (grid, place, far) => (far ? last(grid, place, -1, 0) : last(grid, place, 0, -1)),
    End: (grid, place, far) => (far ? last(grid, place, 1, 0) : last(grid, place, 0, 1)),
  };

  function pressed(event) {
    const place = find(event.target);
    if (!place || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(place);
      return;
    }
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const to = move(place.grid, place, event.ctrlKey);
    if (to) focus(place.grid, to);
  }

  // What a cell holds.

  const dialog = document.getElementById("details");
  let opened = null;

  /// A text in which control characters and those that change the direction of writing are seen.
  const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const visible = (words) => words.replace(hidden, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children.filter((child) => child !== null).map((child) => (typeof child === "string" ? visible(child) : child)));
    return made;
  }

  const code = (content) => element("code", {}, content);
  const pairs = (...entries) => element("dl", {}, ...entries
    .filter(([, value]) => value !== null && value !== "")
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));

  const kinds = [["+++", "file"], ["---", "file"], ["@@", "hunk"], ["+", "add"], ["-", "del"]];

  function diff(of) {
    const region = element("pre", { tabIndex: 0, className: "diff" });
    region.setAttribute("role", "region");
    region.setAttribute("aria-label", `diff of ${of.path}`);
    for (const line of of.diff.replace(/\r?\n$/, "").split(/\r?\n/)) {
      const kind = kinds.find(([start]) => line.startsWith(start));
      region.append(element("span", { className: kind ? kind[1] : "" }, `${line}\n`));
    }
    return region;
  }

  function fileSection(of) {
    const lines = of.lines.length === 0 ? null : of.lines.join(", ");
    const same = of.before === of.after;
    return element("div", {},
      element("h3", {}, code(of.path)),
      pairs(
        [of.lines.length === 1 ? "changed line" : "changed lines", lines],
        [same ? "digest" : "digest before", of.before === null ? "no such file" : code(of.before)],
        ["line ends", of.diff?.includes("\r\n") ? "CRLF" : null],
        ["digest after", same || of.after === null ? null : code(of.after)],
      ),
      of.diff ? diff(of) : null);
  }

  function nearSection(of) {
    const since = of.changedIn === null ? null : `Changed in ${of.changedIn}${of.lastFits === null ? "" : `; ${of.lastFits} is the last release before it that fits`}.`;
    const head = element("tr", {}, ...["line", "text", "what differs", "in common"].map((name) => element("th", { scope: "col" }, name)));
    const rows = of.lines.map((line) => element("tr", {},
      element("td", {}, String(line.line)),
      element("td", {}, code(line.text)),
      element("td", {}, line.differs),
      element("td", {}, `${line.percent} %${line.inScope ? "" : ", outside the scope"}`)));
    return element("div", { className: "miss" },
      element("h3", {}, "Near miss"),
      element("p", {}, of.message),
      since ? element("p", { className: "change" }, since) : null,
      pairs(["file", code(of.path)], ["within", of.within === null ? null : code(of.within)]),
      of.anchor ? element("h3", {}, "The anchor") : null,
      of.anchor ? element("pre", {}, ...of.anchor.split("\n").map((line) => element("span", {}, `${line}\n`))) : null,
      rows.length ? element("h3", {}, "What comes nearest") : null,
      rows.length ? element("table", { className: "near" }, element("thead", {}, head), element("tbody", {}, ...rows)) : null);
  }

  function cellSection(cell) {
    return element("section", {},
      element("p", {}, element("span", { className: `word ${cell.state}` }, cell.state), ` ${meanings.get(cell.state)}`),
      pairs(["reason", cell.reason], ["variant", cell.variant === null ? null : code(cell.variant)], ["read from", code(cell.from)], ["note", cell.notes.join("; ")]),
      cell.near ? nearSection(cell.near) : null,
      ...cell.files.map(fileSection));
  }

  function open(place) {
    const slot = at(place.grid, place);
    if (!slot?.shown) return;
    opened = place;
    const [cell] = slot.cells;
    document.getElementById("title").textContent = visible(`${cell.patch} on ${cell.distribution} ${cell.release}, ${cell.platform}`);
    document.getElementById("holds").replaceChildren(...slot.cells.map(cellSection));
    document.getElementById("older").disabled = next(place.grid, place, 0, -1) === null;
    document.getElementById("newer").disabled = next(place.grid, place, 0, 1) === null;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    remember();
  }

  function turn(right) {
    const to = next(opened.grid, opened, 0, right);
    if (!to) return;
    open({ grid: opened.grid, ...to });
    if (document.activeElement?.disabled || document.activeElement === document.body) document.getElementById("title").focus();
  }

  // The address: what is shown and what is open, so that it can be passed on.

  function remember() {
    const words = new URLSearchParams();
    const wanted = form.elements.patch.value.trim();
    if (wanted) words.set("patch", wanted);
    for (const name of ["platform", "state"]) {
      const all = form.querySelectorAll(`input[name=${name}]`).length;
      const some = checked(name);
      if (some.size < all) words.set(name, [...some].join(","));
    }
    if (opened) {
      const [cell] = at(opened.grid, opened).cells;
      words.set("cell", [cell.patch, cell.release, cell.platform].join("/"));
    }
    const written = words.toString();
    history.replaceState(null, "", written ? `#${written}` : location.pathname + location.search);
  }

  function recall() {
    const words = new URLSearchParams(location.hash.slice(1));
    form.elements.patch.value = words.get("patch") ?? "";
    for (const name of ["platform", "state"]) {
      const some = words.get(name)?.split(",");
      for (const box of form.querySelectorAll(`input[name=${name}]`)) box.checked = some === undefined || some.includes(box.value);
    }
    filter();
    const wanted = words.get("cell");
    const isWanted = (cell) => [cell.patch, cell.release, cell.platform].join("/") === wanted;
    for (const grid of wanted ? grids : []) {
      for (let row = 0; row < grid.rows.length; row += 1) {
        const column = grid.rows[row].slots.findIndex((slot) => slot.shown && slot.cells.some(isWanted));
        if (column >= 0) {
          focus(grid, { row, column });
          open({ grid, row, column });
          return;
        }
      }
    }
  }

  root.dataset.script = "";
  for (const grid of grids) {
    grid.current = null;
    grid.width = 0;
    grid.table.setAttribute("role", "grid");
    grid.table.setAttribute("aria-readonly", "true");
    for (const slot of grid.rows.flatMap((row) => row.slots)) {
      if (!slot.shown) continue;
      slot.element.tabIndex = -1;
      slot.element.setAttribute("aria-haspopup", "dialog");
      const [cell] = slot.cells;
      slot.element.title = visible(`${cell.release} ${cell.platform}: ${slot.cells.map((each) => each.state).join(", ")}`);
    }
    grid.table.addEventListener("keydown", pressed);
    grid.table.addEventListener("click", (event) => {
      const place = find(event.target.closest("td"));
      if (!place || !at(place.grid, place).shown) return;
      focus(place.grid, place);
      open(place);
    });
  }
  form.elements.scheme.addEventListener("change", (event) => { root.dataset.scheme = event.target.value; });
  form.addEventListener("input", () => {
    filter();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    root.dataset.scheme = "";
    filter();
    remember();
  }));
  document.getElementById("older").addEventListener("click", () => turn(-1));
  document.getElementById("newer").addEventListener("click", () => turn(1));
  document.getElementById("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    const place = opened;
    opened = null;
    remember();
    if (place) focus(place.grid, place);
  });
  addEventListener("hashchange", recall);
  recall();
})();
