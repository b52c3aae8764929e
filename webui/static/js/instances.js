// The list of instances: ticking a whole page, and saying how many are chosen.
const form = document.getElementById("bulk");
if (form) {
  const rows = [...document.querySelectorAll("input[name=key][form=bulk]")];
  const all = form.querySelector("[data-all]");
  const scope = form.elements.scope;
  const chosen = scope.options[0];
  const plain = chosen.textContent;
  const count = () => {
    const number = rows.filter((row) => row.checked).length;
    all.checked = number === rows.length;
    all.indeterminate = number > 0 && number < rows.length;
    chosen.textContent = number ? chosen.dataset.text.replace("#", number) : plain;
    if (number) scope.value = "";
  };
  all.addEventListener("change", () => { for (const row of rows) row.checked = all.checked; count(); });
  for (const row of rows) row.addEventListener("change", count);
  count();
}
