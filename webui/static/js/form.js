// Forms work without this; with it, mistakes get the focus, and an added row too.
const mistakes = document.getElementById("mistakes");
if (mistakes) mistakes.focus();

// While a row is added or removed, saving of drafts holds still: its answer would bring back the old rows.
const isRowButton = (element) => element?.matches?.("button[name=add_row], button[name=remove_row]");
let rowsInHand = 0;
document.addEventListener("htmx:config:request", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (isRowButton(source)) rowsInHand = Date.now();
  else if (source.id === "fields" && Date.now() - rowsInHand < 5000) event.preventDefault();
});
document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail?.ctx?.sourceElement;
  if (!isRowButton(source)) return;
  rowsInHand = 0;
  if (source.name === "add_row") setTimeout(() => enter(source.value), 50);
});
document.addEventListener("htmx:error", () => { rowsInHand = 0; });

function enter(path) {
  const rows = document.querySelectorAll(`#f-${CSS.escape(path.replaceAll(".", "-"))} > .dynamic-row`);
  rows[rows.length - 1]?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

// A double click must not send twice.
const form = document.getElementById("form");
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});
window.addEventListener("pageshow", () => { if (form) delete form.dataset.sent; });
