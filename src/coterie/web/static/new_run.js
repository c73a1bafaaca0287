// Live progress of a run: the page says the same without it, every two seconds.
const list = document.getElementById("stages");
const number = new Intl.NumberFormat(document.documentElement.lang);
const source = new EventSource(list.dataset.events);
const settle = () => { source.close(); location.replace(list.dataset.here); };

source.addEventListener("started", () => { const lead = document.getElementById("lead"); lead.textContent = lead.dataset.started; });
source.addEventListener("stage", (event) => {
  const { stage, done, total } = JSON.parse(event.data);
  let reached = false;
  for (const row of list.children) {
    const bar = row.querySelector("progress");
    if (row.dataset.stage === stage) {
      reached = true;
      row.className = "now";
      bar.max = total || 1;
      if (total && done < total) bar.value = done; else bar.removeAttribute("value");
      const count = done === total ? number.format(done) : `${number.format(done)} of ${number.format(total)}`;
      row.querySelector("small").textContent = done ? `${count} ${row.dataset.unit}` : "";
    } else if (!reached) {
      row.className = "done";
      bar.max = 1;
      bar.value = 1;
    }
  }
});
source.addEventListener("done", settle);
source.addEventListener("refused", settle);
