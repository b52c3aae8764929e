// What every page does beyond its HTML: shortcuts, filters that apply at once, menus, lost connections.
const root = document.documentElement;
root.classList.add("js");

const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");
const allowed = () => localStorage.getItem("shortcuts") !== "off";

const toggle = document.getElementById("shortcuts");
if (toggle) {
  toggle.checked = allowed();
  toggle.addEventListener("change", () => localStorage.setItem("shortcuts", toggle.checked ? "on" : "off"));
}

let going = -Infinity;
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const button = document.querySelector("[data-send]");
    if (button) { event.preventDefault(); button.form.requestSubmit(button); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !allowed()) return;
  if (event.timeStamp - going < 1200) {
    going = -Infinity;
    const place = document.querySelector(`.places [data-key="${CSS.escape(event.key)}"]`);
    if (place) { event.preventDefault(); place.click(); }
    return;
  }
  const act = {
    g: () => { going = event.timeStamp; },
    "/": () => document.getElementById("search")?.focus(),
    "?": () => document.getElementById("help")?.showModal(),
    u: () => document.querySelector("[data-back]")?.click(),
    c: () => document.querySelector(".page-actions [data-claim]")?.click(),
  }[event.key];
  if (act) { act(); if (event.key === "/") event.preventDefault(); }
});

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", (event) => { if (event.target.type !== "search") form.requestSubmit(); });
}

// An empty filter has no place in the address.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "get") return;
  for (const control of event.target.elements) if (control.name && !control.value) control.disabled = true;
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

for (const box of document.querySelectorAll("[data-filter]")) {
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase();
    for (const item of document.querySelectorAll(box.dataset.filter)) item.hidden = !(item.dataset.text ?? "").toLowerCase().includes(words);
  });
}

const offline = document.getElementById("offline");
const warn = (text, link) => {
  offline.textContent = text;
  if (link) { const a = document.createElement("a"); a.href = "/sign-in"; a.target = "_blank"; a.textContent = " →"; offline.append(a); }
  offline.hidden = false;
};
window.addEventListener("offline", () => warn(offline.dataset.lost));
window.addEventListener("online", () => { offline.hidden = true; });
document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail?.ctx?.response?.status;
  warn(status === 401 ? offline.dataset.signedOut : offline.dataset.failed, status === 401);
});
document.addEventListener("htmx:after:swap", () => { offline.hidden = true; });
