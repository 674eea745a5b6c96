"use strict";
// Draws the charts of the page, links the two exploring ones, and follows the reader's colours.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = [];
  const plain = ["toImage", "zoom2d", "pan2d", "resetScale2d"];
  const options = { responsive: true, displaylogo: false, modeBarButtons: [plain] };
  const selecting = { responsive: true, displaylogo: false,
    modeBarButtons: [["select2d", "lasso2d"], plain] };

  function colours(printing) {
    const night = dark.matches && !printing;
    return { ink: night ? "#e6e9ee" : "#1c2330", grid: night ? "#37414f" : "#dfe4ea",
      faint: night ? "rgba(170,180,195,0.28)" : "rgba(90,100,120,0.28)" };
  }

  function themed(layout, printing) {
    const now = colours(printing);
    const changes = { "font.color": now.ink, "modebar.bgcolor": "rgba(0,0,0,0)",
      "modebar.color": now.grid, "modebar.activecolor": now.ink };
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(key)) {
        changes[key + ".gridcolor"] = now.grid;
        changes[key + ".zerolinecolor"] = now.ink;
        changes[key + ".linecolor"] = now.grid;
        changes[key + ".exponentformat"] = "e";
      }
    }
    return changes;
  }

  function nested(layout, changes) {
    const copy = JSON.parse(JSON.stringify(layout));
    for (const [path, value] of Object.entries(changes)) {
      let place = copy;
      const parts = path.split(".");
      while (parts.length > 1) {
        const part = parts.shift();
        place = place[part] = place[part] || {};
      }
      place[parts[0]] = value;
    }
    copy.font = Object.assign({ size: 12, family: "system-ui, sans-serif" }, copy.font);
    return copy;
  }

  // a long name takes two lines where there is little room
  function broken(name) {
    if (name.length <= 20) { return name; }
    const places = [];
    for (let i = 5; i < name.length - 4; i += 1) {
      if (/[ ._]/.test(name[i])) { places.push(i); }
    }
    const middle = name.length / 2;
    places.sort(function (p, q) { return Math.abs(p - middle) - Math.abs(q - middle); });
    const at = places.length ? places[0] : Math.ceil(middle);
    return name.slice(0, at + 1) + "<br>" + name.slice(at + 1);
  }

  // on a phone: long names take two lines, columns of a matrix lose theirs where they would
  // overlap (hovering tells them), and legends of several lines get the room that they take
  function fitted(place, chart) {
    if (place.clientWidth > 520) { return chart; }
    const copy = JSON.parse(JSON.stringify(chart));
    const layout = copy.layout, rows = layout.yaxis || {}, columns = layout.xaxis || {};
    if (rows.ticktext) {
      const broad = rows.ticktext.some(function (name) { return name.length > 20; });
      rows.ticktext = rows.ticktext.map(broken);
      if (broad) { layout.height += 10 * rows.ticktext.length; }
    }
    if (copy.data[0].type === "heatmap") {
      const room = place.clientWidth - 150;
      if (columns.tickangle && 13 * columns.tickvals.length > room) {
        Object.assign(columns, { showticklabels: false, ticks: "" });
        layout.annotations = [{ text: "touch a cell to read its names",
          showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0, yanchor: "top",
          yshift: -6, font: { size: 11 } }];
        layout.margin = Object.assign({}, layout.margin, { b: 40 });
      } else if (columns.tickvals && !columns.tickangle) {
        const every = Math.ceil(columns.tickvals.length / 8);
        columns.tickvals = columns.tickvals.filter(function (_, i) { return i % every === 0; });
        columns.ticktext = columns.ticktext.filter(function (_, i) { return i % every === 0; });
      }
      Object.assign(copy.data[0].colorbar, { orientation: "h", thickness: 8, len: 1,
        x: 0.5, y: 1, yanchor: "bottom" });
      copy.data[0].colorbar.title.side = "top";
      layout.height += 40;
    }
    if (layout.legend && layout.legend.y < 0) { layout.height += 120; }
    if (layout.legend && layout.legend.y >= 1) { layout.legend.x = -0.3; }
    return copy;
  }

  function draw(place, given) {
    if (place.dataset.drawn) { return; }
    place.dataset.drawn = "yes";
    place.style.minHeight = "";
    const chart = fitted(place, given);
    Plotly.newPlot(place, chart.data, nested(chart.layout, themed(chart.layout, false)), options);
    drawn.push([place, chart.layout]);
  }

  function recolour(printing) {
    for (const [place, layout] of drawn) {
      Plotly.relayout(place, themed(layout, printing));
    }
  }

  // charts are drawn when they come near the window, all of them before printing
  const waiting = [];
  for (const place of document.querySelectorAll(".chart[data-chart]")) {
    const chart = data.charts[place.dataset.chart];
    place.style.minHeight = (chart.layout.height || 380) + "px";
    waiting.push([place, chart]);
  }
  const watcher = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        watcher.unobserve(entry.target);
        draw(entry.target, data.charts[entry.target.dataset.chart]);
      }
    }
  }, { rootMargin: "600px" });
  for (const [place] of waiting) { watcher.observe(place); }
  dark.addEventListener("change", function () { recolour(false); recoloured(); });
  const folded = [];
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("figure[hidden]").forEach(function (figure) {
      figure.hidden = false;
      folded.push(function () { figure.hidden = true; });
    });
    document.querySelectorAll("details:not([open])").forEach(function (part) {
      part.open = true;
      folded.push(function () { part.open = false; });
    });
    for (const [place, chart] of waiting) { draw(place, chart); }
    recolour(true);
  });
  window.addEventListener("afterprint", function () {
    while (folded.length) { folded.pop()(); }
    recolour(false);
  });

  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.addEventListener("click", function () {
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(button.dataset.copies));
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      button.textContent = document.execCommand("copy") ? "copied" : "selected";
    });
  }

  // one protocol at a time
  for (const menu of document.querySelectorAll("select[data-shows]")) {
    const figures = document.querySelectorAll("[data-group='" + menu.dataset.shows + "']");
    const show = function () {
      figures.forEach(function (figure, i) { figure.hidden = i !== menu.selectedIndex; });
      window.dispatchEvent(new Event("resize"));
    };
    menu.addEventListener("change", show);
    show();
  }

  // -- exploring: a scatter, parallel coordinates and a histogram, one selection ---------------
  const explore = data.explore;
  let recoloured = function () {};
  if (!explore || !explore.columns.length) { return; }
  const columns = explore.columns;
  const n = explore.models.length;
  let selected = null;
  const byName = {};
  columns.forEach(function (column) { byName[column.name] = column; });
  const [xMenu, yMenu] = ["x-axis", "y-axis"].map(function (id) {
    const menu = document.getElementById(id);
    for (const kind of ["parameter", "feature", "cost"]) {
      const group = document.createElement("optgroup");
      group.label = kind;
      columns.filter(function (c) { return c.kind === kind; }).forEach(function (column) {
        const option = document.createElement("option");
        option.value = column.name;
        option.textContent = column.short;
        option.title = column.name;
        group.appendChild(option);
      });
      if (group.children.length) { menu.appendChild(group); }
    }
    menu.addEventListener("change", update);
    return menu;
  });
  const parameters = columns.filter(function (c) { return c.kind === "parameter"; });
  [xMenu.value, yMenu.value] = explore.first;
  const scatter = document.getElementById("scatter");
  const lines = document.getElementById("lines");
  const histogram = document.getElementById("histogram");
  const costs = byName.cost;
  // a few models of very high cost must not take the whole scale
  const known = costs ? costs.values.filter(function (v) { return v !== null; })
    .sort(function (a, b) { return a - b; }) : [];
  const [cheap, dear] = [known[0], known[Math.floor(0.95 * (known.length - 1))]];
  const order = parameters.map(function (c) { return c.short; });

  // long names of features take smaller letters where there is little room
  function named(text, place) {
    const longest = Math.max.apply(null, text.split("<br>").map(function (one) { return one.length; }));
    const room = (Math.min(place.clientWidth, 430) - 60) / (0.56 * longest);
    return { text: text, font: { size: Math.max(7, Math.min(13, room)) } };
  }

  function title(column) {
    const text = column.short + (column.unit ? " (" + column.unit + ")" : "");
    // the place or the stimulus goes to a line of its own where the name is long
    return text.length > 32 ? text.replace(/,? (at|\()/, "<br>$1") : text;
  }

  function described(i) {
    return "model " + explore.models[i] + (costs ? "<br>cost " + costs.values[i] : "");
  }

  function scatterChart() {
    const x = byName[xMenu.value], y = byName[yMenu.value];
    const shapes = [[x, "x"], [y, "y"]].filter(function (one) { return one[0].target; })
      .map(function (one) {
        const [mean, sd] = one[0].target;
        const shape = { type: "rect", layer: "below", fillcolor: "#8A8A8A", opacity: 0.2,
          line: { width: 0 }, xref: "paper", yref: "paper", x0: 0, x1: 1, y0: 0, y1: 1 };
        shape[one[1] + "ref"] = one[1];
        shape[one[1] + "0"] = mean - sd;
        shape[one[1] + "1"] = mean + sd;
        return shape;
      });
    return { data: [{ type: "scatter", mode: "markers", x: x.values, y: y.values,
      text: explore.models.map(function (_, i) { return described(i); }),
      hovertemplate: "%{text}<br>" + x.short + ": %{x}<br>" + y.short + ": %{y}<extra></extra>",
      selectedpoints: selected,
      marker: { size: 6, color: costs ? costs.values : "#3B8FC4", colorscale: "Viridis",
        cmin: cheap, cmax: dear, showscale: Boolean(costs), colorbar: { title: { text: "cost" }, thickness: 10 } },
      unselected: { marker: { opacity: 0.15 } } }],
    layout: { height: 430, dragmode: "select", hovermode: "closest", shapes: shapes,
      margin: { l: 60, r: 10, t: 20, b: 50 }, paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)", uirevision: xMenu.value + yMenu.value,
      xaxis: { title: named(title(x), scatter), zeroline: false },
      yaxis: { title: named(title(y), scatter), zeroline: false, automargin: true } } };
  }

  function position(column, i) {
    const [low, high] = column.bounds;
    return high > low ? (column.values[i] - low) / (high - low) : 0.5;
  }

  function linesOf(models) {
    const x = [], y = [], who = [];
    for (const i of models) {
      parameters.forEach(function (column, j) {
        x.push(position(column, i));
        y.push(j);
        who.push(i);
      });
      x.push(null);
      y.push(null);
      who.push(-1);
    }
    return { x: x, y: y, customdata: who,
      text: who.map(function (i) { return i < 0 ? "" : described(i); }) };
  }

  function linesChart() {
    const step = Math.max(1, Math.ceil(n / explore.lines));
    const shown = [];
    for (let i = 0; i < n; i += step) { shown.push(i); }
    const chosen = selected === null ? [] : selected.slice(0, explore.lines);
    const faint = colours(false).faint.replace("0.28", String(Math.min(0.5, 30 / shown.length)));
    const base = { type: "scatter", mode: "lines+markers", connectgaps: false,
      hovertemplate: "%{text}<extra></extra>", marker: { size: 3, opacity: 0.4 } };
    return { data: [
      Object.assign({}, base, linesOf(shown), { name: "models",
        line: { width: 0.8, color: faint }, marker: { size: 3, color: colours(false).faint } }),
      Object.assign({}, base, linesOf(chosen), { name: "selected",
        line: { width: 1.2, color: "#E0702C" }, marker: { size: 4, color: "#E0702C" } })],
    layout: { height: Math.max(700, 120 + 21 * parameters.length), dragmode: "select", hovermode: "closest",
      showlegend: false, selections: [], margin: { l: 10, r: 10, t: 20, b: 40 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: { range: [-0.03, 1.03], title: { text: "position in the bounds" }, zeroline: false },
      yaxis: { automargin: true, tickmode: "array", tickfont: { size: 11 },
        tickvals: order.map(function (_, j) { return j; }), ticktext: lines.clientWidth > 520 ? order : order.map(broken),
        range: [parameters.length - 0.5, -0.5], zeroline: false } } };
  }

  function histogramChart() {
    const y = byName[yMenu.value], isNarrow = histogram.clientWidth <= 520;
    const traces = [{ type: "histogram", x: y.values, name: "all", nbinsx: 30, bingroup: "one",
      marker: { color: "#3B8FC4" }, opacity: 0.75 }];
    if (selected !== null) {
      traces.push({ type: "histogram", x: selected.map(function (i) { return y.values[i]; }),
        name: "selected", nbinsx: 30, bingroup: "one", marker: { color: "#E0702C" }, opacity: 0.85 });
    }
    const shapes = [];
    if (y.target) {
      const [mean, sd] = y.target;
      shapes.push({ type: "rect", x0: mean - sd, x1: mean + sd, yref: "paper", y0: 0, y1: 1,
        fillcolor: "#8A8A8A", opacity: 0.25, line: { width: 0 } });
      shapes.push({ type: "line", x0: mean, x1: mean, yref: "paper", y0: 0, y1: 1,
        line: { color: "#E0702C", width: 2 } });
    }
    return { data: traces, layout: { height: 260, barmode: "overlay", dragmode: "select", selectdirection: "h", shapes: shapes,
      showlegend: false, margin: { l: 45, r: 10, t: 10, b: isNarrow ? 60 : 45 }, paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: { title: named(isNarrow ? title(y) : title(y).replace("<br>", " "), histogram) },
      yaxis: { title: { text: "models" }, automargin: true } } };
  }

  // drawing again makes plotly repeat the last selection, with no points: what comes while the
  // page draws was not done by the reader
  let drawing = 0, revision = 0;

  function update() {
    drawing += 1;
    revision += 1;
    const done = [];
    for (const [place, chart] of [[scatter, scatterChart()], [lines, linesChart()],
      [histogram, histogramChart()]]) {
      const layout = nested(chart.layout, themed(chart.layout, false));
      layout.selections = [];
      layout.selectionrevision = revision;
      done.push(Plotly.react(place, chart.data, layout, selecting));
    }
    Promise.all(done).then(function () { drawing -= 1; });
    document.getElementById("chosen").textContent = selected === null
      ? n + " models; drag over points, lines or bars to select"
      : selected.length + " of " + n + " models selected";
    const x = byName[xMenu.value];
    document.getElementById("range-of").textContent = x.short + " from";
  }
  recoloured = update;

  function choose(models) { selected = models; update(); }

  function where(test) {
    const found = [];
    for (let i = 0; i < n; i += 1) { if (test(i)) { found.push(i); } }
    return found;
  }

  function between(values, range) {
    const [low, high] = range[0] <= range[1] ? range : [range[1], range[0]];
    return where(function (i) {
      return values[i] !== null && values[i] >= low && values[i] <= high;
    });
  }

  function pointsOf(event, name) {
    const found = new Set(event.points.map(function (p) { return p[name]; }));
    found.delete(-1);
    return Array.from(found).sort(function (a, b) { return a - b; });
  }

  // a box over the lines selects every model that passes through it, also those not drawn
  function through(range) {
    const [low, high] = range.x.slice().sort(function (a, b) { return a - b; });
    const [top, bottom] = range.y.slice().sort(function (a, b) { return a - b; });
    const rows = parameters.filter(function (_, j) { return j >= top && j <= bottom; });
    return where(function (i) {
      return rows.some(function (column) {
        const here = position(column, i);
        return here >= low && here <= high;
      });
    });
  }

  const chosenIn = new Map([
    [scatter, function (event) { return pointsOf(event, "pointNumber"); }],
    [lines, function (event) {
      return event.range ? through(event.range) : pointsOf(event, "customdata");
    }],
    [histogram, function (event) {
      const x = (event.range || event.lassoPoints).x;
      return between(byName[yMenu.value].values, [Math.min.apply(null, x), Math.max.apply(null, x)]);
    }]]);
  update();
  for (const [place, found] of chosenIn) {
    // plotly has more to do with its own selection first
    const later = function (models) { setTimeout(function () { choose(models); }, 0); };
    place.on("plotly_selected", function (event) {
      if (drawing) { return; }
      if (!event) { later(null); }
      else if (event.range || event.points.length) { later(found(event)); }
    });
    place.on("plotly_deselect", function () { if (!drawing) { later(null); } });
  }
  document.getElementById("clear").addEventListener("click", function () { choose(null); });
  document.getElementById("range").addEventListener("submit", function (event) {
    event.preventDefault();
    const ends = ["from", "to"].map(function (id, i) {
      const text = document.getElementById(id).value.trim();
      return text === "" ? (i ? Infinity : -Infinity) : Number(text);
    });
    if (ends.some(Number.isNaN)) {
      document.getElementById("chosen").textContent = "Both ends must be numbers.";
    } else { choose(between(byName[xMenu.value].values, ends)); }
  });
})();
