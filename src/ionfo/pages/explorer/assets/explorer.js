"use strict";
// Draws the charts of all models and links them: one selection, shown in every chart.
// What is touched elsewhere on the page comes in by the functions of dash_clientside.ionfo.
(function () {
  const base = window.location.pathname.replace(/[^/]*$/, "");
  const columns = new Map();
  const filters = { rows: null, ranges: new Map(), cost: null, band: null };
  const group = { members: [] };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const BLUE = "#3B8FC4", ORANGE = "#E0702C"; // of analysis/figures/colours.py
  let about = null, axes = null, mask = null, ready = false, isApplying = false, ring = null;
  // of the parameter that is moved: what its field and its slider were given last, and whether
  // somebody has touched them
  const given = { name: null, value: null, fraction: null, isTouched: false };
  let toldOfModels;
  const models = new Promise(function (tell) { toldOfModels = tell; });

  function set(id, props) { window.dash_clientside.set_props(id, props); }
  function nothing() { return window.dash_clientside.no_update; }
  function place(id) { return document.getElementById(id); }
  function asked() {
    return window.dash_clientside.callback_context.triggered
      .map(function (one) { return one.prop_id.split(".")[0]; });
  }
  function number(name) {
    return about.columns.findIndex(function (one) { return one.name === name; });
  }

  async function column(i) {
    if (!columns.has(i)) {
      columns.set(i, fetch(base + "column/" + i).then(function (answer) {
        if (!answer.ok) { throw new Error("column " + i + ": " + answer.status); }
        return answer.arrayBuffer();
      }).then(function (bytes) { return new Float32Array(bytes); }));
    }
    return columns.get(i);
  }

  function colours() {
    const night = dark.matches;
    return { ink: night ? "#e6e9ee" : "#1c2330", grid: night ? "#37414f" : "#dfe4ea",
      faint: night ? "rgba(170,180,195,0.25)" : "rgba(90,100,120,0.22)" };
  }

  function layout(changes) {
    const now = colours();
    const axis = { gridcolor: now.grid, zerolinecolor: now.grid, automargin: true };
    return Object.assign({
      font: { color: now.ink, size: 12, family: "system-ui, sans-serif" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: now.grid, activecolor: now.ink },
      margin: { l: 60, r: 15, t: 20, b: 45 }, showlegend: false, dragmode: "select",
      xaxis: Object.assign({}, axis), yaxis: Object.assign({}, axis),
    }, changes);
  }

  const config = { responsive: true, displaylogo: false,
    toImageButtonOptions: { format: "svg" },
    modeBarButtons: [["select2d", "lasso2d", "zoom2d", "pan2d", "resetScale2d", "toImage"]] };

  function escaped(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function named(one) {
    return escaped(one.short) + (one.unit ? " (" + escaped(one.unit) + ")" : "");
  }

  async function drawScatter() {
    const i = number(axes[0]), j = number(axes[1]);
    const one = about.columns[i], other = about.columns[j];
    const x = await column(i), y = await column(j);
    const data = [{ type: "scattergl", mode: "markers", x: x, y: y,
      marker: { size: about.n > 20000 ? 3 : 5, color: BLUE, opacity: 0.7 },
      selected: { marker: { color: ORANGE, opacity: 0.9 } },
      unselected: { marker: { color: BLUE, opacity: 0.12 } },
      selectedpoints: chosen(),
      hovertemplate: "model %{pointNumber}<br>" + escaped(one.name) + ": %{x:.4g}<br>" +
        escaped(other.name) + ": %{y:.4g}<extra></extra>" }];
    const now = layout({ height: 420, shapes: await shapesOfScatter() });
    now.xaxis.title = { text: named(one) };
    now.yaxis.title = { text: named(other) };
    isApplying = true;
    await Plotly.react(place("scatter"), data, now, config);
    isApplying = false;
  }

  async function shapesOfScatter() {
    const i = number(axes[0]), j = number(axes[1]);
    const found = [["x", i], ["y", j]].filter(function (one) { return about.columns[one[1]].target; })
      .map(function (one) { return band(one[0], about.columns[one[1]].target); });
    if (ring !== null) {
      found.push({ type: "circle", xsizemode: "pixel", ysizemode: "pixel", x0: -8, x1: 8, y0: -8,
        y1: 8, xanchor: (await column(i))[ring], yanchor: (await column(j))[ring],
        line: { width: 2.5, color: colours().ink } });
    }
    return found;
  }

  async function drawRing() {
    const shapes = await shapesOfScatter();
    isApplying = true;
    await Plotly.relayout(place("scatter"), { shapes: shapes });
    isApplying = false;
  }

  function band(axis, target) {
    const edges = [target[0] - target[1], target[0] + target[1]];
    const along = axis === "x" ? { xref: "x", yref: "paper", x0: edges[0], x1: edges[1], y0: 0, y1: 1 }
      : { yref: "y", xref: "paper", y0: edges[0], y1: edges[1], x0: 0, x1: 1 };
    return Object.assign({ type: "rect", fillcolor: "rgba(130,140,150,0.2)",
      line: { width: 0 }, layer: "below" }, along);
  }

  // lines: one axis a parameter, some models faint and the selected ones over them
  let heightOf = [], onAxes = [];
  async function drawLines() {
    onAxes = about.columns.map(function (_, i) { return i; })
      .filter(function (i) { return about.columns[i].kind !== "feature"; });
    const found = [];
    for (const i of onAxes) {
      const all = await column(i), bounds = about.columns[i].bounds;
      const width = bounds[1] > bounds[0] ? bounds[1] - bounds[0] : 1;
      found.push(function (row) { return (all[row] - bounds[0]) / width; });
    }
    heightOf = found;
    const data = paths().map(function (xy, k) {
      return { type: "scatter", mode: "lines", x: xy[0], y: xy[1], hoverinfo: "skip",
        line: { width: k ? 1.2 : 1, color: k ? ORANGE : colours().faint } };
    });
    // charts of lines alone cannot be dragged in
    data.push({ type: "scatter", mode: "markers", hoverinfo: "skip", marker: { opacity: 0 },
      x: onAxes.map(function (_, k) { return k; }), y: onAxes.map(function () { return 0.5; }) });
    const shapes = onAxes.map(function (i, k) {
      return { type: "line", x0: k, x1: k, y0: 0, y1: 1, layer: "below",
        line: { width: group.members.includes(i) ? 4 : 1,
          color: group.members.includes(i) ? BLUE : colours().ink } };
    });
    for (const [i, range] of filters.ranges) {
      const k = onAxes.indexOf(i), bounds = about.columns[i].bounds;
      const at = range.map(function (one) { return (one - bounds[0]) / (bounds[1] - bounds[0]); });
      shapes.push({ type: "rect", x0: k - 0.12, x1: k + 0.12, y0: at[0], y1: at[1],
        fillcolor: "rgba(224,112,44,0.35)", line: { width: 0 } });
    }
    place("lines").style.minWidth = Math.max(320, 52 * onAxes.length) + "px";
    const now = layout({ height: 380, shapes: shapes, margin: { l: 60, r: 20, t: 20, b: 110 } });
    Object.assign(now.xaxis, { showgrid: false, zeroline: false, range: [-0.5, onAxes.length - 0.5],
      tickvals: onAxes.map(function (_, k) { return k; }), tickangle: -50,
      ticktext: onAxes.map(function (i) {
        const name = escaped(about.columns[i].short);
        return group.members.includes(i) ? "<b>" + name + "</b>" : name;
      }) });
    Object.assign(now.yaxis, { range: [-0.04, 1.04], title: { text: "fraction of the bounds" } });
    isApplying = true;
    await Plotly.react(place("lines"), data, now, config);
    isApplying = false;
  }

  const MOST_SELECTED = 100; // as lines: more of them hide each other

  // of the selected models as many as may be drawn, evenly from their order
  function selectedLines() {
    const rows = chosen() || [], step = Math.max(1, rows.length / MOST_SELECTED);
    return Array.from({ length: Math.min(rows.length, MOST_SELECTED) },
      function (_, k) { return rows[Math.floor(k * step)]; });
  }

  function paths() {
    const faint = about.lines.filter(function (row) { return mask === null || !mask[row]; });
    return [faint, selectedLines()].map(function (rows) {
      const xy = [[], []];
      for (const row of rows) {
        for (let k = 0; k < heightOf.length; k += 1) { xy[0].push(k); xy[1].push(heightOf[k](row)); }
        xy[0].push(null);
        xy[1].push(null);
      }
      return xy;
    });
  }

  // features: what the middle half and nine tenths of the models do, all and selected
  let shownFeatures = [], deviations = [];
  async function drawStrip() {
    shownFeatures = about.columns.map(function (_, i) { return i; })
      .filter(function (i) { return about.columns[i].target; });
    if (!shownFeatures.length) { return; }
    deviations = [];
    for (const i of shownFeatures) {
      const all = await column(i), target = about.columns[i].target;
      deviations.push(about.dots.map(function (row) { return (all[row] - target[0]) / target[1]; }));
    }
    const data = [];
    [false, true].forEach(function (isSelected) {
      const colour = isSelected ? ORANGE : BLUE, bars = spreads(isSelected);
      const name = isSelected ? "selected" : "all models";
      data.push({ type: "scatter", mode: "lines", x: bars.wide, y: bars.lines, hoverinfo: "skip",
        name: name + ", 90 %", line: { width: 2, color: colour } });
      data.push({ type: "scatter", mode: "lines", x: bars.narrow, y: bars.lines, hoverinfo: "skip",
        name: name + ", 50 %", line: { width: 6, color: colour } });
      data.push({ type: "scatter", mode: "markers", x: bars.median, y: bars.points, name: name,
        marker: { size: 7, color: colour, line: { width: 1, color: "white" } },
        customdata: shownFeatures.map(function (i) { return escaped(about.columns[i].name); }),
        hovertemplate: "%{customdata}: median %{x:.2f} SD<extra>%{fullData.name}</extra>" });
    });
    const now = layout({ height: 120 + 19 * shownFeatures.length, dragmode: "zoom",
      shapes: [band("x", [0, 1])] });
    Object.assign(now.xaxis, { range: [-8.3, 8.3], zeroline: true,
      title: { text: "features, in SDs of the experiment: median, 50 % and 90 %" } });
    Object.assign(now.yaxis, { zeroline: false, range: [shownFeatures.length - 0.3, -0.7],
      tickvals: shownFeatures.map(function (_, k) { return k; }), tickfont: { size: 10 },
      ticktext: shownFeatures.map(function (i) { return escaped(about.columns[i].short); }) });
    isApplying = true;
    await Plotly.react(place("strip"), data, now, config);
    isApplying = false;
  }

  function spreads(isSelected) {
    const found = { wide: [], narrow: [], lines: [], median: [], points: [] };
    deviations.forEach(function (values, k) {
      const kept = [];
      if (!isSelected || mask !== null) {
        for (let r = 0; r < values.length; r += 1) {
          if (Number.isFinite(values[r]) && (!isSelected || mask[about.dots[r]])) {
            kept.push(values[r]);
          }
        }
      }
      const sorted = Float32Array.from(kept).sort();
      const at = function (share) {
        return sorted.length ? sorted[Math.round(share * (sorted.length - 1))] : null;
      };
      const y = k + (isSelected ? 0.2 : -0.2);
      found.wide.push(at(0.05), at(0.95), null);
      found.narrow.push(at(0.25), at(0.75), null);
      found.lines.push(y, y, null);
      found.median.push(at(0.5));
      found.points.push(y);
    });
    return found;
  }

  function chosen() {
    if (mask === null) { return null; }
    const rows = [];
    for (let row = 0; row < about.n; row += 1) { if (mask[row]) { rows.push(row); } }
    return rows;
  }

  // a frame without a redraw leaves axes and their many labels as they are, which take most of
  // the time; where nothing was or is drawn, only a redraw makes and removes the lines
  function redrawn(chart, traces, data) {
    const now = place(chart);
    const isDrawn = function (one) { return one.x.some(function (x) { return x !== null; }); };
    if (!data.every(isDrawn) || !traces.every(function (i) { return isDrawn(now.data[i]); })) {
      const changes = { x: data.map(function (one) { return one.x; }) };
      if (data[0].y) { changes.y = data.map(function (one) { return one.y; }); }
      return Plotly.restyle(now, changes, traces);
    }
    const still = { duration: 0 };
    return Plotly.animate(now, { data: data, traces: traces },
      { mode: "immediate", transition: still, frame: { duration: 0, redraw: false } })
      .catch(function () { return nothing(); }); // another selection has taken its place
  }

  async function select() {
    const began = performance.now();
    const ranges = [];
    for (const [i, range] of filters.ranges) { ranges.push([await column(i), range]); }
    const extra = [];
    const costs = about.columns.findIndex(function (one) { return one.kind === "cost"; });
    if (filters.cost && costs >= 0) { extra.push([await column(costs), filters.cost]); }
    if (filters.band !== null) {
      const target = about.columns[filters.band].target;
      extra.push([await column(filters.band), [target[0] - target[1], target[0] + target[1]]]);
    }
    const tests = ranges.concat(extra);
    if (!filters.rows && !tests.length) {
      mask = null;
    } else {
      mask = new Uint8Array(about.n).fill(filters.rows ? 0 : 1);
      if (filters.rows) { for (const row of filters.rows) { mask[row] = 1; } }
      for (const [values, range] of tests) {
        for (let row = 0; row < about.n; row += 1) {
          if (!(values[row] >= range[0] && values[row] <= range[1])) { mask[row] = 0; }
        }
      }
    }
    const rows = chosen(), xy = paths();
    isApplying = true;
    const changes = [
      redrawn("lines", [0, 1], xy.map(function (one) { return { x: one[0], y: one[1] }; })),
    ];
    if (shownFeatures.length) {
      const bars = spreads(true);
      changes.push(redrawn("strip", [3, 4, 5],
        [{ x: bars.wide }, { x: bars.narrow }, { x: bars.median }]));
    }
    // last, as the frames of the others would wait for its points to be painted
    changes.push(Plotly.restyle(place("scatter"), { selectedpoints: [rows] }, [0]));
    await Promise.all(changes);
    isApplying = false;
    const n = rows === null ? about.n : rows.length;
    place("selected").textContent = n.toLocaleString("en") + " of " +
      about.n.toLocaleString("en") + " models" + sampled(n, rows !== null);
    set("selection", { data: rows });
    window.ionfoExplorer.redrawn = performance.now() - began;
  }

  // how many of the models the charts leave out
  function sampled(n, isSelected) {
    const told = [], most = isSelected ? MOST_SELECTED : about.lines.length;
    if (n > most) {
      told.push("lines show " + most.toLocaleString("en") + " of them");
    } else if (isSelected && about.lines.length < about.n) {
      told.push("lines show them all");
    }
    if (about.n > about.dots.length) {
      told.push("bars of features are of " + about.dots.length.toLocaleString("en") +
        " of all models");
    }
    return told.map(function (one) { return "; " + one; }).join("");
  }

  function rounded(one, value) { // to four digits, and within the bounds
    return Math.min(Math.max(Number(value.toPrecision(4)), one.bounds[0]), one.bounds[1]);
  }

  function fractionOf(one, value) {
    const width = one.bounds[1] - one.bounds[0] || 1;
    return Math.min(Math.max((value - one.bounds[0]) / width, 0), 1);
  }

  // what the field and the slider hold at first: the value of the model, or else the median
  async function firstValue(name, row) {
    if (given.name !== name) { Object.assign(given, { name: name, isTouched: false }); }
    await models;
    const one = about.columns[number(name)], own = (await column(number(name)))[row];
    if (given.name !== name || given.isTouched) { return Array(5).fill(nothing()); }
    given.value = rounded(one, Number.isFinite(own) ? own : one.median);
    given.fraction = fractionOf(one, given.value);
    return [given.value, given.fraction, String(Number(one.bounds[0].toPrecision(3))),
      Number(one.bounds[1].toPrecision(3)) + (one.unit ? " " + one.unit : ""), one.unit];
  }

  // the slider may tell of its release what was before it, so its last move counts
  async function dragged(one, fraction) {
    const still = Array(5).fill(nothing());
    await new Promise(function (go) { window.setTimeout(go, 100); });
    if (given.name !== one.name || given.fraction !== fraction) { return still; }
    given.value = rounded(one, one.bounds[0] + fraction * (one.bounds[1] - one.bounds[0]));
    return [given.value].concat(still.slice(1));
  }

  function listen() {
    const scatter = place("scatter");
    scatter.on("plotly_selected", function (event) {
      // setting the selected points fires this too, without a range
      if (isApplying || !event || !(event.range || event.lassoPoints)) { return; }
      filters.rows = event.points.map(function (point) { return point.pointNumber; });
      select();
    });
    scatter.on("plotly_deselect", function () {
      if (!isApplying) { filters.rows = null; select(); }
    });
    scatter.on("plotly_click", function (event) {
      set("row", { value: event.points[0].pointNumber });
    });
    place("lines").on("plotly_selected", function (event) {
      if (isApplying || !event || !event.range) { return; }
      const x = event.range.x.slice().sort(function (p, q) { return p - q; });
      const y = event.range.y.slice().sort(function (p, q) { return p - q; });
      onAxes.forEach(function (i, k) {
        if (k >= x[0] && k <= x[1]) {
          const bounds = about.columns[i].bounds, width = bounds[1] - bounds[0];
          filters.ranges.set(i, y.map(function (one) { return bounds[0] + one * width; }));
        }
      });
      Plotly.relayout(place("lines"), { selections: [] });
      drawLines().then(select);
    });
    place("lines").on("plotly_deselect", function () {
      if (!isApplying && filters.ranges.size) { filters.ranges.clear(); drawLines().then(select); }
    });
    if (shownFeatures.length) {
      place("strip").on("plotly_click", function (event) {
        const one = about.columns[shownFeatures[Math.round(event.points[0].y)]];
        if (one) { set("band", { value: one.name }); }
      });
    }
  }

  function rangeOfCost(value) {
    const one = about.columns.find(function (each) { return each.kind === "cost"; });
    if (!one || !value) { return null; }
    const isWhole = value[0] <= one.bounds[0] && value[1] >= one.bounds[1];
    // slider and table are rounded to different digits
    const little = 1e-5 * (one.bounds[1] - one.bounds[0]);
    return isWhole ? null : [value[0] - little, value[1] + little];
  }

  function view() {
    const wanted = new URLSearchParams(window.location.search);
    for (const key of ["across", "up", "moved"]) {
      if (about.columns.some(function (one) { return one.name === wanted.get(key); })) {
        set(key, { value: wanted.get(key) });
      }
    }
    if (wanted.get("protocol")) { set("protocol", { value: wanted.get("protocol") }); }
    for (const key of ["row", "group"]) {
      const value = parseInt(wanted.get(key), 10);
      const most = key === "row" ? about.n : about.groups.length;
      if (value >= 0 && value < most) { set(key, { value: value }); }
    }
  }

  async function begin() {
    about = await (await fetch(base + "models.json")).json();
    toldOfModels();
    axes = axes || [about.columns[0].name, about.columns[1].name];
    await Promise.all([drawScatter(), drawLines(), drawStrip()]);
    listen();
    ready = true;
    await select();
    view();
    window.ionfoExplorer.ready = true;
  }

  function scheme() {
    set("dark", { data: dark.matches });
    if (ready) { drawScatter(); drawLines(); drawStrip(); }
  }

  window.ionfoExplorer = { ready: false, redrawn: null, filters: filters, select: select };
  window.dash_clientside = Object.assign({}, window.dash_clientside, { ionfo: {
    axes: function (across, up) {
      axes = [across, up];
      if (ready) { drawScatter(); }
      return nothing();
    },
    filters: function (cost, name) {
      if (!about) { return nothing(); }
      if (asked().includes("clear")) {
        filters.rows = null;
        filters.ranges.clear();
        filters.cost = filters.band = null;
        const one = about.columns.find(function (each) { return each.kind === "cost"; });
        if (one) { set("cost", { value: one.bounds }); }
        set("band", { value: "" });
        isApplying = true;
        Plotly.relayout(place("scatter"), { selections: [] });
        isApplying = false;
        drawLines().then(select);
        return nothing();
      }
      filters.cost = rangeOfCost(cost);
      filters.band = name ? number(name) : null;
      select();
      return "cost from " + cost[0].toPrecision(3) + " to " + cost[1].toPrecision(3);
    },
    group: function (i) {
      if (!about) { return nothing(); }
      group.members = i === null || i === undefined ? [] : about.groups[i];
      drawLines();
      if (group.members.length) {
        const names = group.members.map(function (k) { return about.columns[k].name; });
        set("across", { value: names[0] });
        set("up", { value: names[1] || names[0] });
        set("moved", { value: names[0] });
      }
      return nothing();
    },
    step: function () {
      const isNext = asked().includes("next");
      if (!about || !(isNext || asked().includes("previous"))) { return nothing(); }
      const rows = chosen() || Array.from({ length: about.n }, function (_, row) { return row; });
      if (!rows.length) { return nothing(); }
      const now = parseInt(place("row").value, 10);
      let at = rows.indexOf(now);
      if (at < 0) { at = isNext ? -1 : 0; }
      at = (at + (isNext ? 1 : -1) + rows.length) % rows.length;
      set("row", { value: rows[at] });
      return nothing();
    },
    // one function in the page, so that no late answer can win over what was touched since
    value: function (name, row, fraction, value) {
      const still = Array(5).fill(nothing());
      if (name === null || name === undefined) { return still; }
      if (given.name === name && given.value !== null) {
        const one = about.columns[number(name)];
        if (asked().includes("fraction") && Number.isFinite(fraction) &&
            fraction !== given.fraction) {
          Object.assign(given, { fraction: fraction, isTouched: true });
          return dragged(one, fraction);
        }
        if (asked().includes("value") && String(value) !== String(given.value)) {
          Object.assign(given, { value: value, isTouched: true });
          const typed = value === "" || value === null ? NaN : Number(value);
          given.fraction = Number.isFinite(typed) ? fractionOf(one, typed) : null;
          if (given.fraction === null) { return still; }
          return [still[0], given.fraction].concat(still.slice(2));
        }
        if (!asked().includes("row") || given.isTouched) { return still; }
      }
      return firstValue(name, row);
    },
    chosen: function (row) {
      const isOne = Number.isInteger(row) && row >= 0 && (!about || row < about.n);
      ring = isOne ? row : null;
      if (ready) { drawRing(); }
      return isOne ? "model " + row + " chosen" : "";
    },
    link: function (across, up, row, protocol, moved, which) {
      const wanted = new URLSearchParams();
      const all = { across: across, up: up, row: row, protocol: protocol, moved: moved,
        group: which };
      for (const [key, one] of Object.entries(all)) {
        if (one !== null && one !== undefined && one !== "") { wanted.set(key, one); }
      }
      return window.location.origin + base + "?" + wanted.toString();
    },
  } });

  // a page whose explorer has ended looks alive, so it asks now and then
  const watching = window.setInterval(function () {
    fetch(base + "alive").then(function (answer) { return answer.ok; }, function () { return false; })
      .then(function (isAlive) {
        if (isAlive) { return; }
        window.clearInterval(watching);
        set("message", { children: "The explorer has ended; start it again." });
        document.body.classList.add("ended");
      });
  }, 3000);

  // the page is made by Dash some time after this is read, and Plotly is loaded after that
  const waiting = window.setInterval(function () {
    if (window.Plotly && place("scatter") && window.dash_clientside.set_props) {
      window.clearInterval(waiting);
      scheme();
      begin().catch(function (error) {
        place("message").textContent = "The charts could not be drawn: " + error.message;
        throw error;
      });
    }
  }, 50);
  dark.addEventListener("change", scheme);
}());
