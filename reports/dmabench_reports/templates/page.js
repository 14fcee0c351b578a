(function () {
  "use strict";
  document.documentElement.classList.add("has-js");

  function cell(row, index) {
    return row.children[index];
  }

  // Words (elided, below clock, no figure) sort behind all figures, either way.
  function sorter(index, down) {
    return function (a, b) {
      var x = cell(a, index), y = cell(b, index);
      if (index === 0) return (down ? -1 : 1) * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
      var p = parseFloat(x.dataset.v), q = parseFloat(y.dataset.v);
      if (isNaN(p) && isNaN(q)) return (down ? -1 : 1) * (x.dataset.v || "").localeCompare(y.dataset.v || "");
      if (isNaN(p)) return 1;
      if (isNaN(q)) return -1;
      return down ? q - p : p - q;
    };
  }

  document.querySelectorAll("table.rows").forEach(function (table) {
    var heads = table.tHead.rows[0].cells, body = table.tBodies[0];
    Array.prototype.forEach.call(heads, function (head, index) {
      var button = document.createElement("button");
      button.type = "button";
      button.title = "Sort by this column";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        Array.prototype.forEach.call(heads, function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.prototype.slice.call(body.rows).sort(sorter(index, down));
        body.append.apply(body, rows);
      });
    });
  });

  document.querySelectorAll(".filter input").forEach(function (input) {
    var table = document.getElementById(input.dataset.table);
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var output = input.closest(".filter").querySelector("output");
    input.addEventListener("input", function () {
      var wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (row) {
        var name = row.cells[0].textContent.toLowerCase();
        var on = wanted.every(function (part) { return name.indexOf(part) >= 0; });
        row.hidden = !on;
        shown += on;
      });
      output.textContent = shown + " of " + rows.length;
    });
  });

  // A link to a row that a filter hides shows it again; one into a folded part opens it.
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id);
    if (!target) return;
    for (var e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    if (target.hidden) {
      var table = target.closest("table");
      var input = document.querySelector('.filter input[data-table="' + table.id + '"]');
      input.value = "";
      input.dispatchEvent(new Event("input"));
    }
    target.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  });
})();
