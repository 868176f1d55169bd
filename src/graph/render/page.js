"use strict";
(() => {
  const graph = JSON.parse(document.getElementById("graph").textContent);
  const canvas = document.getElementById("canvas");
  const svg = canvas.querySelector("svg");
  const details = document.getElementById("details");
  const shapes = [...svg.querySelectorAll(".node")];
  const lines = [...svg.querySelectorAll(".edge")];
  const entries = [...document.querySelectorAll("nav button")];
  const whole = svg.viewBox.baseVal;
  const all = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  let view = { ...all };
  let chosen = null;

  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  const zoom = (factor, x, y) => {
    const width = Math.min(Math.max(view.width * factor, 120), all.width * 3);
    const real = width / view.width;
    view = { x: x - (x - view.x) * real, y: y - (y - view.y) * real, width, height: view.height * real };
    show();
  };
  const middle = () => [view.x + view.width / 2, view.y + view.height / 2];
  const at = (event) => {
    const matrix = svg.getScreenCTM().inverse();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return [point.x, point.y];
  };

  const element = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
  const link = (node, text) => {
    const button = element("button", text, { type: "button" });
    button.addEventListener("click", () => choose(node, true));
    return button;
  };
  const list = (title, items) => {
    if (items.length === 0) return;
    details.append(element("h4", title));
    const under = document.createElement("ul");
    for (const parts of items) {
      const item = document.createElement("li");
      item.append(...parts);
      under.append(item);
    }
    details.append(under);
  };

  const tableOfColumns = (node, index) => {
    if (node.columns.length === 0) return;
    details.append(element("h4", "Columns"));
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const title of ["name", "type", "made of"]) head.append(element("th", title, { scope: "col" }));
    const body = table.createTBody();
    for (const [name, type] of node.columns) {
      const row = body.insertRow();
      row.append(element("th", name, { scope: "row" }), element("td", type));
      const from = row.insertCell();
      const made = graph.columns.filter((it) => it[2] === index && it[3] === name);
      made.forEach((it, order) => {
        if (order > 0) from.append(", ");
        from.append(link(it[0], `${graph.nodes[it[0]].name}.${it[1]}`));
      });
    }
    details.append(table);
  };

  const tell = (index) => {
    const node = graph.nodes[index];
    details.replaceChildren(element("h3", node.name));
    details.append(element("p", `${node.external ? "external " : ""}${node.kind} in ${node.account}${node.at ? `, ${node.at}` : ""}`));
    if (node.doc) details.append(element("p", node.doc));
    if (node.arn) details.append(element("code", node.arn));
    tableOfColumns(node, index);
    const said = (edge) => (edge[3].length > 0 ? `: ${edge[3].join(", ")}` : "");
    const beside = (relation, here, there) =>
      graph.edges.filter((it) => it[2] === relation && it[here] === index).map((it) => [link(it[there], graph.nodes[it[there]].name), said(it)]);
    list("Data comes from", beside("data", 1, 0));
    list("Data goes to", beside("data", 0, 1));
    list("Called or started by", beside("calls", 1, 0));
    list("Calls or starts", beside("calls", 0, 1));
    list("Part of", beside("holds", 1, 0));
    list("Holds", beside("holds", 0, 1));
    list("May", beside("access", 0, 1));
    list("Granted to", beside("access", 1, 0));
    if (node.readers) {
      if (node.readers.length === 0) {
        details.append(element("h4", "Who can read it"), element("p", "Nobody."));
      }
      list("Who can read it", node.readers.map(([name, what, how]) => [element("strong", name), ` ${what}: ${how}`]));
    }
  };

  // What data comes from and goes to, any number of steps away.
  const reached = (start) => {
    const found = new Set([start]);
    for (const [from, to] of [[0, 1], [1, 0]]) {
      const open = [start];
      const known = new Set(open);
      while (open.length > 0) {
        const here = open.pop();
        for (const edge of graph.edges) {
          if (edge[2] !== "access" && edge[from] === here && !known.has(edge[to])) {
            known.add(edge[to]);
            found.add(edge[to]);
            open.push(edge[to]);
          }
        }
      }
    }
    for (const edge of graph.edges) {
      if (edge[2] === "access" && (edge[0] === start || edge[1] === start)) {
        found.add(edge[0]).add(edge[1]);
      }
    }
    return found;
  };

  const choose = (index, look) => {
    chosen = index;
    const near = index === null ? null : reached(index);
    for (const shape of shapes) {
      const own = Number(shape.dataset.node);
      shape.classList.toggle("chosen", own === index);
      shape.classList.toggle("faded", near !== null && !near.has(own));
    }
    for (const line of lines) {
      const [from, to] = [Number(line.dataset.from), Number(line.dataset.to)];
      const access = line.classList.contains("access");
      const lit = near === null || (access ? from === index || to === index : near.has(from) && near.has(to));
      line.classList.toggle("faded", !lit);
    }
    for (const entry of entries) entry.classList.toggle("chosen", Number(entry.dataset.node) === index);
    if (index === null) return;
    tell(index);
    if (look) {
      const box = shapes[index].querySelector("rect").getBBox();
      const inside = box.x >= view.x && box.y >= view.y && box.x + box.width <= view.x + view.width && box.y + box.height <= view.y + view.height;
      if (!inside) {
        view.x = box.x + box.width / 2 - view.width / 2;
        view.y = box.y + box.height / 2 - view.height / 2;
        show();
      }
    }
  };

  shapes.forEach((shape, index) => {
    shape.setAttribute("tabindex", "0");
    shape.setAttribute("role", "button");
    const node = graph.nodes[index];
    shape.setAttribute("aria-label", `${node.kind} ${node.name} in ${node.account}`);
    shape.addEventListener("click", () => choose(index, false));
    shape.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(index, false);
        details.focus();
      }
    });
    shape.addEventListener("focus", () => {
      const box = shape.querySelector("rect").getBBox();
      if (box.x < view.x || box.x + box.width > view.x + view.width || box.y < view.y || box.y + box.height > view.y + view.height) {
        [view.x, view.y] = [box.x + box.width / 2 - view.width / 2, box.y + box.height / 2 - view.height / 2];
        show();
      }
    });
  });
  entries.forEach((entry) => entry.addEventListener("click", () => choose(Number(entry.dataset.node), true)));

  const search = document.getElementById("search");
  const found = document.getElementById("found");
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let hits = 0;
    graph.nodes.forEach((node, index) => {
      const text = [node.name, node.kind, node.account, node.arn, ...node.columns.map((it) => it[0])].join(" ").toLowerCase();
      const hit = wanted !== "" && text.includes(wanted);
      hits += hit ? 1 : 0;
      shapes[index].classList.toggle("hit", hit);
      shapes[index].classList.toggle("faded", wanted !== "" && !hit);
      const entry = entries.find((it) => Number(it.dataset.node) === index);
      entry.parentElement.classList.toggle("missed", wanted !== "" && !hit);
    });
    lines.forEach((line) => line.classList.toggle("faded", wanted !== ""));
    found.textContent = wanted === "" ? "" : `${hits} found`;
    if (wanted === "") choose(chosen, false);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const first = shapes.findIndex((shape) => shape.classList.contains("hit"));
    if (first >= 0) choose(first, true);
  });

  for (const box of document.querySelectorAll("[data-shows]")) {
    const toggle = () => lines.filter((it) => it.classList.contains(box.dataset.shows)).forEach((it) => it.classList.toggle("hidden", !box.checked));
    box.addEventListener("change", toggle);
    toggle();
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (button.dataset.zoom === "all") {
        view = { ...all };
        show();
      } else {
        zoom(button.dataset.zoom === "in" ? 0.75 : 1 / 0.75, ...middle());
      }
    });
  }
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.88 : 1 / 0.88, ...at(event));
  }, { passive: false });
  let held = null;
  canvas.addEventListener("pointerdown", (event) => { held = at(event); });
  canvas.addEventListener("pointermove", (event) => {
    if (held === null || event.buttons === 0) return;
    const [x, y] = at(event);
    view.x += held[0] - x;
    view.y += held[1] - y;
    show();
  });
  for (const end of ["pointerup", "pointerleave"]) canvas.addEventListener(end, () => { held = null; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose(null, false);
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "+" || event.key === "=") zoom(0.75, ...middle());
    if (event.key === "-") zoom(1 / 0.75, ...middle());
    if (event.key === "0") { view = { ...all }; show(); }
  });
})();
