"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const hide = byId("hide"), find = byId("find"), group = byId("group"), shown = byId("shown");
  const table = byId("grades"), body = table.tBodies[0], rows = [...body.rows];
  const anonymous = () => document.documentElement.classList.contains("anonymous");

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = anonymous() ? row.dataset.alias : row.dataset.find;
      const fits = words.every((word) => text.includes(word));
      const belongs = !group.value || row.dataset.groups.split(" ").includes(group.value);
      row.hidden = !(fits && belongs);
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = shown.dataset.words.replace("{n}", count).replace("{all}", rows.length);
  }

  const order = "✓◐?✗–";
  const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
  function key(row, column) {
    const cell = row.cells[column];
    if (column === 0) return anonymous() ? row.dataset.alias : cell.querySelector(".who").textContent;
    return cell.textContent.trim();
  }
  function sort(column, direction) {
    const kind = rows[0] && rows[0].cells[column].classList;
    const number = kind && kind.contains("number"), verdict = kind && kind.contains("v");
    const value = (text) => (number && text !== "" ? Number(text.replace(",", ".")) : text);
    const keys = new Map(rows.map((row) => [row, value(key(row, column))]));
    rows.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      if (x === "" || y === "") return (x === "") - (y === ""); // what is missing stays last
      if (number) return direction * (x - y);
      if (verdict) return direction * (order.indexOf(x) - order.indexOf(y));
      return direction * compare(x, y);
    });
    body.append(...rows);
  }

  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const head = button.closest("th");
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    sort(head.cellIndex, ascending ? 1 : -1);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-filter]");
    if (!button) return;
    group.value = button.dataset.filter;
    find.value = "";
    filter();
    byId("all").scrollIntoView();
    group.focus({ preventScroll: true });
  });
  hide.addEventListener("change", () => {
    document.documentElement.classList.toggle("anonymous", hide.checked);
    const sorted = [...table.tHead.rows[0].cells].find((head) => head.hasAttribute("aria-sort"));
    if (!sorted || sorted.cellIndex === 0) { // an order by names would tell them
      sort(0, sorted && sorted.getAttribute("aria-sort") === "descending" ? -1 : 1);
    }
    filter();
  });
  find.addEventListener("input", filter);
  group.addEventListener("change", filter);
  find.form.addEventListener("submit", (event) => event.preventDefault());
  if (hide.checked) hide.dispatchEvent(new Event("change"));
})();
