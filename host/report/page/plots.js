// Curves over time as SVG: bands, comparison runs, a reading line that follows the pointer, and one time axis for all.
"use strict";

const SPLIT_s = 6 * HOUR;  // the first hours are fast, the weeks after them slow
const TIME_STEPS = [1e-3, 1e-2, 0.1, 0.5, 1, 5, 10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
  6 * HOUR, 12 * HOUR, DAY, 2 * DAY, WEEK, 2 * WEEK, 4 * WEEK, 8 * WEEK, 13 * WEEK, 26 * WEEK, 52 * WEEK];
const MARKERS = ["circle", "square", "triangle", "diamond", "cross", "none"];
const DASHES = [null, "7 4", "2 3", "9 3 2 3", "4 2", "1 4"];
const time_axis = { mode: "linear" };

/** [first, last] time of all points in all series. */
function time_range(all_series) {
  let first = Infinity, last = -Infinity;
  for (const series of all_series) {
    for (const t of series.time_s) {
      first = Math.min(first, t);
      last = Math.max(last, t);
    }
  }
  return last > first ? [first, last] : Number.isFinite(first) ? [first, first + 1] : [0, 1];
}

/** Maps time to 0..1 and says where ticks go. The fast phase shows from 0 on in every mode but "linear". */
function make_time_scale(range, width) {
  const [first, last] = range, mode = last > 2 * SPLIT_s ? time_axis.mode : "linear";
  const ticks_of = (low, high, room) => {
    const step = TIME_STEPS.find((s) => (high - low) / s <= Math.max(room / 62, 1)) || TIME_STEPS[TIME_STEPS.length - 1];
    const ticks = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9) + 1e-12; ++k) ticks.push(k * step);
    return ticks;
  };
  if (mode === "first") return { low: 0, high: SPLIT_s, place: (t) => t / SPLIT_s, time: (u) => u * SPLIT_s, ticks: ticks_of(0, SPLIT_s, width) };
  if (mode === "log") {
    const top = Math.log1p(last / MINUTE);
    const marks = [0, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, WEEK, 4 * WEEK, 12 * WEEK, 52 * WEEK].filter((t) => t <= last * 1.001);
    return { low: 0, high: last, place: (t) => Math.log1p(t / MINUTE) / top, time: (u) => MINUTE * Math.expm1(u * top), ticks: marks };
  }
  if (mode === "split") {
    const part = 0.32;
    return {
      low: 0, high: last, split: part,
      place: (t) => t <= SPLIT_s ? part * t / SPLIT_s : part + (1 - part) * (t - SPLIT_s) / (last - SPLIT_s),
      time: (u) => u <= part ? u / part * SPLIT_s : SPLIT_s + (u - part) / (1 - part) * (last - SPLIT_s),
      ticks: [...ticks_of(0, SPLIT_s, width * part).filter((t) => t < SPLIT_s),
        ...ticks_of(SPLIT_s, last, width * (1 - part)).filter((t) => t >= 2 * DAY || last < 4 * DAY)],
    };
  }
  return { low: first, high: last, place: (t) => (t - first) / (last - first), time: (u) => first + u * (last - first), ticks: ticks_of(first, last, width) };
}

/** Pixels left of a plot, for the labels of its values: five figures fit into the 50 that all share. */
function label_room(all_series) {
  let largest = 0;
  for (const series of all_series) for (const v of series.value) if (v !== null) largest = Math.max(largest, Math.abs(v));
  return 50 + 7 * Math.max(0, short_number(largest).length - 5);
}

/** [low, high] of the value axis: values in view and finite ends of bands, from 0 where 0 is near. */
function value_range(all_series, bands, scale) {
  let low = Infinity, high = -Infinity;
  const take = (v) => {
    if (v === null) return;
    low = Math.min(low, v);
    high = Math.max(high, v);
  };
  for (const series of all_series) {
    series.value.forEach((v, i) => { if (series.time_s[i] >= scale.low && series.time_s[i] <= scale.high) take(v); });
  }
  for (const band of bands) {
    take(band.low);
    take(band.high);
  }
  if (!(high >= low) || (low === 0 && high === 0)) return [0, 1];
  if (low > 0 && low < 0.5 * high) low = 0;
  if (high < 0 && high > 0.5 * low) high = 0;
  const room = high > low ? 0.05 * (high - low) : Math.max(Math.abs(high) * 0.1, 0.5);
  return [low === 0 ? 0 : low - room, high === 0 ? 0 : high + room];
}

function marker(kind, x, y, colour) {
  const shapes = {
    circle: () => svg("circle", { cx: x, cy: y, r: 3.2 }), square: () => svg("rect", { x: x - 2.9, y: y - 2.9, width: 5.8, height: 5.8 }),
    triangle: () => svg("path", { d: `M${x} ${y - 3.8}L${x + 3.6} ${y + 2.8}L${x - 3.6} ${y + 2.8}Z` }),
    diamond: () => svg("path", { d: `M${x} ${y - 4}L${x + 4} ${y}L${x} ${y + 4}L${x - 4} ${y}Z` }),
    cross: () => svg("path", { d: `M${x - 3} ${y - 3}l6 6m0 -6l-6 6`, stroke: colour, "stroke-width": 1.6 }),
    none: () => svg("g"),
  };
  return fill(shapes[kind](), { fill: colour }, []);
}

/** How the k-th line of a plot looks; beyond six lines dashes and colours combine anew. */
const line_look = (k) => ({
  colour: style_value("--series-" + k % 6), dash: DASHES[(k + Math.floor(k / 6)) % DASHES.length],
  marker: MARKERS[k % MARKERS.length], width: k === 0 ? 2.2 : 1.7,
});

function draw_line(group, series, look, scale, x, y) {
  let path = "", pen_down = false;
  const inside = series.time_s.filter((t) => t >= scale.low && t <= scale.high).length;
  series.time_s.forEach((t, i) => {
    const v = series.value[i];
    if (v === null || t < scale.low || t > scale.high) {
      pen_down = false;
      return;
    }
    path += (pen_down ? "L" : "M") + x(t).toFixed(1) + " " + y(v).toFixed(1);
    pen_down = true;
    if (inside <= 40) group.append(marker(look.marker, x(t), y(v), look.colour));
  });
  if (path !== "") {
    group.prepend(svg("path", { d: path, fill: "none", stroke: look.colour, "stroke-width": look.width, "stroke-dasharray": look.dash, "stroke-linejoin": "round" }));
  }
}

function legend_entry(name, look) {
  const sample = svg("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" },
    svg("line", { x1: 0, x2: 30, y1: 6, y2: 6, stroke: look.colour, "stroke-width": look.width, "stroke-dasharray": look.dash }),
    marker(look.marker, 15, 6, look.colour));
  return el("span", {}, sample, name);
}
function band_entry(band, unit) {
  const sample = svg("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" }, svg("rect", { x: 0, y: 0, width: 30, height: 12, class: "band" }));
  const when = band.from_s === null && band.to_s === null ? "" : band.to_s === null ? " from " + format_time(band.from_s)
    : band.from_s === null ? " until " + format_time(band.to_s) : band.from_s === band.to_s ? " at " + format_time(band.from_s)
      : " from " + format_time(band.from_s) + " to " + format_time(band.to_s);
  return el("span", {}, sample, "expected " + format_band(band.low, band.high, unit) + when + (band.source ? " (" + band.source + ")" : ""));
}

function draw_bands(root, bands, scale, x, y, box) {
  for (const band of bands) {
    const from = Math.max(band.from_s === null ? scale.low : band.from_s, scale.low), to = Math.min(band.to_s === null ? scale.high : band.to_s, scale.high);
    if (from > to) continue;
    // A band that holds at one moment is drawn 14 px wide.
    const middle = (x(from) + x(to)) / 2, wide = Math.max(x(to) - x(from), 14);
    const left = Math.max(Math.min(x(from), middle - wide / 2), box.left), right = Math.min(left + wide, box.right);
    const top = band.high === null ? box.top : Math.max(y(band.high), box.top), bottom = band.low === null ? box.bottom : Math.min(y(band.low), box.bottom);
    root.append(svg("rect", { x: left, y: top, width: Math.max(right - left, 1), height: Math.max(bottom - top, 1), class: "band" }));
    if (band.high !== null) root.append(svg("line", { x1: left, x2: right, y1: top, y2: top, class: "band-edge" }));
    if (band.low !== null) root.append(svg("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "band-edge" }));
  }
}

function draw_axes(root, scale, range, unit, x, y, box) {
  const axis = svg("g", { class: "axis", "aria-hidden": "true" });
  let last_x = -Infinity;
  for (const t of scale.ticks) {
    axis.append(svg("line", { x1: x(t), x2: x(t), y1: box.top, y2: box.bottom }));
    if (x(t) - last_x < 44) continue;
    last_x = x(t);
    axis.append(svg("text", { x: x(t), y: box.bottom + 16, "text-anchor": x(t) > box.right - 16 ? "end" : "middle", text: format_time(t) }));
  }
  const values = round_ticks(range[0], range[1], 4);
  for (const v of values) {
    axis.append(svg("line", { x1: box.left, x2: box.right, y1: y(v), y2: y(v) }));
    axis.append(svg("text", { x: box.left - 7, y: y(v) + 4, "text-anchor": "end", text: tick_label(v, values) }));
  }
  axis.append(svg("path", { d: `M${box.left} ${box.top}V${box.bottom}H${box.right}`, fill: "none", class: "frame" }));
  if (scale.split) {
    const at = box.left + scale.split * (box.right - box.left);
    axis.append(svg("line", { x1: at, x2: at, y1: box.top - 4, y2: box.bottom, class: "pointer" }),
      svg("text", { x: at - 6, y: box.top - 4, "text-anchor": "end", text: "first 6 h" }), svg("text", { x: at + 6, y: box.top - 4, text: "later" }));
  }
  axis.append(svg("text", { x: box.left - 46, y: box.top - 6, text: unit || "" }));
  axis.append(svg("text", { x: box.right, y: box.bottom + 33, "text-anchor": "end", text: "biological time since the end of settling" }));
  root.append(axis);
}

function numbers_table(all_series, unit) {
  const rows = [];
  for (const series of all_series) {
    series.time_s.forEach((t, i) => rows.push(el("tr", {}, el("td", { text: series.name }), el("td", { class: "number", text: format_time(t) }),
      el("td", { class: "number", text: with_unit(series.value[i], unit) }))));
  }
  const head = ["Line", "Time", "Value"].map((text, i) => el("th", { scope: "col", class: i ? "number" : null, text }));
  return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}

const csv_field = (text) => '"' + String(text).replaceAll('"', '""') + '"';
function save_csv(name, all_series, unit) {
  const lines = all_series.flatMap((series) => series.time_s.map((t, i) => [csv_field(series.name), t, series.value[i] === null ? "" : series.value[i], csv_field(unit)].join()));
  save_text(name.replace(/[^\w]+/g, "_") + ".csv", "text/csv", "line,time_s,value,unit\n" + lines.join("\n") + "\n");
}

/** One plot: {name, unit, meaning, series: [{name, time_s, value}], bands}. Returns {node, draw}. */
function make_plot(spec, height) {
  const holder = el("div", {}), legend = el("div", { class: "legend" }), output = el("output", { "aria-live": "polite" });
  const table = el("div", { class: "numbers" });
  const details = el("details", {}, el("summary", { text: "Numbers" }));
  const save = el("button", { type: "button", text: "Save as CSV" });
  save.addEventListener("click", () => save_csv(spec.name, spec.series, spec.unit));
  details.append(save, table);
  details.addEventListener("toggle", () => { if (details.open && !table.firstChild) table.append(numbers_table(spec.series, spec.unit)); });
  const node = el("div", { class: "plot" }, el("h3", {}, spec.name + " ", el("span", { text: spec.unit })),
    el("p", { class: "meaning", text: spec.meaning }), legend, holder, output, details);
  const range = time_range(spec.series), first = spec.series[0];
  const ends = first.value.filter((v) => v !== null);
  const summary = spec.name + (ends.length ? ": from " + with_unit(ends[0], spec.unit) + " to " + with_unit(ends[ends.length - 1], spec.unit) : ": not measured") +
    " over " + format_time(range[1]) + ". Arrow keys read the points.";
  const root = svg("svg", { role: "group", "aria-roledescription": "curve", "aria-label": summary, tabindex: 0 });
  holder.append(root);
  let reading = null;  // index of the point of the first line that the reading line stands at

  function draw() {
    const width = Math.max(holder.clientWidth, 240), box = { left: label_room(spec.series), right: width - 8, top: 18, bottom: height - 38 };
    const scale = make_time_scale(range, box.right - box.left), values = value_range(spec.series, spec.bands, scale);
    const x = (t) => box.left + scale.place(t) * (box.right - box.left);
    const y = (v) => box.bottom - (v - values[0]) / (values[1] - values[0]) * (box.bottom - box.top);
    fill(root, { viewBox: `0 0 ${width} ${height}`, height }, []);
    root.replaceChildren();
    draw_axes(root, scale, values, spec.unit, x, y, box);
    draw_bands(root, spec.bands, scale, x, y, box);
    legend.replaceChildren(...(spec.series.length > 1 ? spec.series.map((series, k) => legend_entry(series.name, line_look(k))) : []),
      ...spec.bands.map((band) => band_entry(band, spec.unit)));
    for (let k = spec.series.length; k-- > 0;) {  // the first line on top
      const group = svg("g", {});
      draw_line(group, spec.series[k], line_look(k), scale, x, y);
      root.append(group);
    }
    const frame = data.frames[shared.frame];
    if (frame && frame.time_s >= scale.low && frame.time_s <= scale.high) {
      root.append(svg("line", { x1: x(frame.time_s), x2: x(frame.time_s), y1: box.top, y2: box.bottom, class: "cursor" }));
    }
    const pointer = svg("line", { y1: box.top, y2: box.bottom, class: "pointer", visibility: "hidden" });
    root.append(pointer);

    function read(time) {
      const parts = spec.series.map((series) => ({ series, found: value_at(series.time_s, series.value, time) })).filter((p) => p.found);
      if (parts.length === 0) return;
      const at = parts[0].found.time;
      if (at >= scale.low && at <= scale.high) fill(pointer, { x1: x(at), x2: x(at), visibility: "visible" }, []);
      output.textContent = format_time(at) + ": " + parts.map((p) =>
        (spec.series.length > 1 ? p.series.name + " " : "") + with_unit(p.found.value, spec.unit) + (p.found.time === at ? "" : " (" + format_time(p.found.time) + ")")).join(", ");
    }
    const time_under = (event) =>
      scale.time(Math.min(Math.max((event.clientX - root.getBoundingClientRect().left - box.left) / (box.right - box.left), 0), 1));
    root.onpointermove = (event) => read(time_under(event));
    root.onpointerleave = () => {
      pointer.setAttribute("visibility", "hidden");
      output.textContent = "";
    };
    root.onclick = (event) => choose_frame_near(time_under(event));
    root.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || first.time_s.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      reading = reading === null ? 0 : Math.min(Math.max(reading + step, 0), first.time_s.length - 1);
      read(first.time_s[reading]);
    };
  }
  return { node, draw };
}
