// Looks whether the instance has moved on; shows it at once unless somebody is busy on the page.
const moved = document.getElementById("moved");

if (moved) {
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(moved.dataset.pulse, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.status !== 200) return;
    clearInterval(timer);
    const busy = document.querySelector("#main details[open]") || document.activeElement?.matches("input, textarea, select");
    if (busy) moved.firstElementChild.hidden = false;
    else location.reload();
  };
  const timer = setInterval(look, Number(moved.dataset.seconds) * 1000);
}
