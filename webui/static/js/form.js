// Forms work without this; with it, mistakes get the focus, and an added row too.
const mistakes = document.getElementById("mistakes");
if (mistakes) mistakes.focus();

let adding = "";
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add_row]");
  adding = button ? button.value : "";
});
document.addEventListener("htmx:after:swap", () => {
  if (!adding) return;
  const rows = document.querySelectorAll(`#f-${CSS.escape(adding.replaceAll(".", "-"))} > .dynamic-row`);
  rows[rows.length - 1]?.querySelector("input, select, textarea")?.focus();
  adding = "";
});

// A double click must not send twice.
const form = document.getElementById("form");
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});
window.addEventListener("pageshow", () => { if (form) delete form.dataset.sent; });
