(function () {
  "use strict";
  // What a cell is sorted by: its figure if it has one, else its text.
  function key(row, index) {
    var cell = row.children[index];
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
  }

  // Words (elided, below clock, no figure) sort behind all figures, either way.
  function sorter(index, down) {
    return function (a, b) {
      var x = key(a, index), y = key(b, index), p = Number(x), q = Number(y);
      var figures = [x !== "" && !isNaN(p), y !== "" && !isNaN(q)];
      if (figures[0] && figures[1]) return down ? q - p : p - q;
      if (figures[0] !== figures[1]) return figures[0] ? -1 : 1;
      return (down ? -1 : 1) * x.localeCompare(y, "en", { numeric: true });
    };
  }

  function sortable(table) {
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
  }

  // A field above the table that leaves only the lines with all its words.
  function filterable(table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var box = document.createElement("div"), label = document.createElement("label");
    var input = document.createElement("input"), output = document.createElement("output");
    box.className = "filter";
    input.type = "search";
    input.dataset.table = table.id;
    input.placeholder = table.classList.contains("rows") ? "e.g. streaming_single size:4096" : "words of a line";
    label.append("Show lines with ", input);
    box.append(label, " ", output);
    output.textContent = rows.length + " of " + rows.length;
    table.parentElement.before(box);
    input.addEventListener("input", function () {
      var wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (row) {
        var text = (table.classList.contains("rows") ? row.cells[0] : row).textContent.toLowerCase();
        var on = wanted.every(function (part) { return text.indexOf(part) >= 0; });
        row.hidden = !on;
        shown += on;
      });
      output.textContent = shown + " of " + rows.length;
    });
    table.clearFilter = function () {
      input.value = "";
      input.dispatchEvent(new Event("input"));
    };
  }

  document.querySelectorAll("table.sortable").forEach(function (table) {
    sortable(table);
    if (table.tBodies[0].rows.length > 5) filterable(table);
  });

  // A link to a row that a filter hides shows it again; one into a folded part opens it.
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id);
    if (!target) return;
    for (var e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    if (target.hidden) target.closest("table").clearFilter();
    target.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  });
})();
