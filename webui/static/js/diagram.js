// Draws the diagrams of a page with what happened on them, and lets step rows and elements find each other.
for (const box of document.querySelectorAll(".diagram")) draw(box);

async function draw(box) {
  const marks = JSON.parse(box.querySelector(".marks").textContent);
  const canvasElement = box.querySelector(".diagram-canvas");
  try {
    const answer = await fetch(box.dataset.source);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const viewer = new window.BpmnJS({ container: canvasElement, zoomScroll: { enabled: false } });
    await viewer.importXML(named(await answer.text(), marks.names ?? {}));
    mark(viewer, marks);
    shape(viewer, canvasElement, box);
    fit(viewer);
    approach(viewer, marks);
    connect(viewer, box);
    box.dataset.ready = "yes";
  } catch (problem) {
    canvasElement.textContent = box.dataset.failed;
    box.classList.add("failed");
    console.warn("diagram:", problem.message);
  }
}

// The names that the analyst gave in the language of the page, instead of those in the diagram.
function named(source, names) {
  if (!Object.keys(names).length) return source;
  const tree = new DOMParser().parseFromString(source, "application/xml");
  for (const element of tree.querySelectorAll("[id]")) {
    const name = names[element.id];
    if (name) element.setAttribute("name", name);
  }
  return new XMLSerializer().serializeToString(tree);
}

function mark(viewer, marks) {
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  const known = (ids) => ids.filter((id) => registry.get(id));
  const badge = (id, text, kind, position) => {
    const html = document.createElement("span");
    html.className = `token ${kind}`;
    html.textContent = text;
    overlays.add(id, "token", { position, html });
  };
  for (const id of known(marks.flows)) canvas.addMarker(id, "is-taken");
  for (const id of known(Object.keys(marks.done))) {
    canvas.addMarker(id, "is-done");
    if (marks.done[id] > 1) badge(id, `×${marks.done[id]}`, "done", { bottom: 9, left: -9 });
  }
  for (const id of known(Object.keys(marks.active))) {
    canvas.addMarker(id, "is-active");
    badge(id, `${marks.active[id]}`, "active", { top: -11, right: 11 });
  }
  for (const id of known(Object.keys(marks.incidents))) {
    canvas.addMarker(id, "is-incident");
    badge(id, "!", "incident", { top: -11, left: -11 });
  }
}

// A flat diagram needs no tall frame: what happened next to it should stand above the fold.
function shape(viewer, canvasElement, box) {
  const { inner } = viewer.get("canvas").viewbox();
  const scale = Math.min(1, canvasElement.clientWidth / (inner.width + 60));
  const lowest = box.classList.contains("small") ? 180 : 230;
  canvasElement.style.height = `${Math.round(Math.min(440, Math.max(lowest, inner.height * scale + 90)))}px`;
  viewer.get("canvas").resized();
}

function fit(viewer) {
  const canvas = viewer.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  canvas.zoom(Math.min(1, canvas.zoom() * 0.94), "auto");
}

// Where a large diagram would be too small to read, the page shows the part where the work is now.
function approach(viewer, marks) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  const now = [...Object.keys(marks.incidents), ...Object.keys(marks.active)].map((id) => registry.get(id)).filter(Boolean);
  const place = now.filter((element) => element.type !== "bpmn:SubProcess")[0] ?? now[0];
  if (!place || canvas.zoom() > 0.6) return;
  const { outer } = canvas.viewbox();
  const scale = canvas.getContainer().clientWidth < 600 ? 0.6 : 0.85;
  const [width, height] = [outer.width / scale, outer.height / scale];
  canvas.viewbox({ x: place.x + place.width / 2 - width / 2, y: place.y + place.height / 2 - height / 2, width, height });
}

function connect(viewer, box) {
  const canvas = viewer.get("canvas");
  const rows = [...document.querySelectorAll("tr[data-element]")];
  let picked = "";
  const pick = (id, scroll) => {
    if (picked && viewer.get("elementRegistry").get(picked)) canvas.removeMarker(picked, "is-picked");
    picked = id;
    if (viewer.get("elementRegistry").get(id)) canvas.addMarker(id, "is-picked");
    for (const row of rows) row.classList.toggle("picked", row.dataset.element === id);
    if (scroll) rows.find((row) => row.dataset.element === id)?.scrollIntoView({ block: "nearest" });
  };
  viewer.on("element.click", ({ element }) => pick(element.labelTarget?.id ?? element.id, true));
  for (const row of rows) {
    row.addEventListener("click", () => pick(row.dataset.element, false));
    row.addEventListener("focus", () => pick(row.dataset.element, false));
  }
  box.querySelector(".diagram-tools").addEventListener("click", (event) => {
    const step = event.target.dataset.zoom;
    if (step === "fit") fit(viewer);
    else if (step) canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * (step === "in" ? 1.25 : 0.8))), "auto");
  });
}

// A tab that htmx brought in may hold a diagram too.
document.addEventListener("htmx:after:swap", () => {
  for (const box of document.querySelectorAll(".diagram:not([data-ready]):not(.failed)")) if (!box.querySelector(".djs-container")) draw(box);
});
