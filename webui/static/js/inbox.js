// The inbox: a cursor over the rows, a preview beside them, and a look whether the list has changed.
const rows = [...document.querySelectorAll(".row")];
const preview = document.getElementById("preview");
const wide = window.matchMedia("(min-width: 1081px)");
let current = -1;
let asked = 0;

function select(index, focus) {
  if (index < 0 || index >= rows.length) return;
  rows[current]?.classList.remove("selected");
  current = index;
  const row = rows[index];
  row.classList.add("selected");
  if (focus) { row.querySelector("a").focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
  sessionStorage.setItem("inbox-row", row.dataset.preview);
  load(row);
}

async function load(row) {
  if (!preview || !wide.matches) return;
  const mine = ++asked;
  preview.textContent = "";
  const answer = await fetch(row.dataset.preview, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (mine === asked && answer?.ok) preview.innerHTML = await answer.text();
}

const busy = (event) => event.isComposing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("shortcuts") === "off"
  || event.target.closest("input, textarea, select, dialog[open]");

document.addEventListener("keydown", (event) => {
  if (busy(event)) return;
  const act = {
    j: () => select(current + 1, true),
    k: () => select(Math.max(0, current - 1), true),
    o: () => rows[current]?.querySelector("a").click(),
    c: () => rows[current]?.querySelector("[data-claim]")?.click(),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});

rows.forEach((row, index) => {
  row.addEventListener("click", (event) => { if (!event.target.closest("a, button")) select(index, false); });
  row.addEventListener("dblclick", (event) => { if (!event.target.closest("button")) row.querySelector("a").click(); });
  row.addEventListener("focusin", () => { if (current !== index) select(index, false); });
});

const remembered = rows.findIndex((row) => row.dataset.preview === sessionStorage.getItem("inbox-row"));
if (wide.matches) select(Math.max(0, remembered), false);

const changed = document.getElementById("changed");
if (changed) {
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(changed.dataset.pulse, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.status === 200) { changed.innerHTML = await answer.text(); clearInterval(timer); }
  };
  const timer = setInterval(look, Number(changed.dataset.seconds) * 1000);
}
