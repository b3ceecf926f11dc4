// Puts the page together from the data and connects its controls.
"use strict";

function show_head() {
  const run = data.run, state = run.finished ? "finished" : "unfinished";
  const entries = [["Scenario", run.scenario], ["Seed", run.seed], ["Simulated", format_time(run.biological_s) + " of biological time"],
    ["Clock", run.clock_mode + (run.acceleration > 1 ? ": each second of spiking stands for " + format_time(run.acceleration) : "")],
    ["dt", short_number(run.dt_ms) + "\u00a0ms"], ["Engine", run.engine + (run.device ? " (" + run.device + ")" : "")],
    ["Wall time", run.wall_s === null ? "" : format_time(run.wall_s)], ...data.facts.map((fact) => [fact.name, fact.value])];
  $("head").append(
    el("h1", {}, data.title, " ", el("span", { class: "state " + state, text: run.finished ? "\u2713 finished" : "\u26a0 unfinished" })),
    ...(data.result ? [el("p", { class: "result", text: data.result })] : []),
    el("dl", { class: "run-line" }, ...entries.filter(([, value]) => value !== "").map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value })))));
  const notes = [];
  if (!run.finished) {
    notes.push({ warning: true, text: "This run is not finished" + (run.state ? ": " + run.state : "") + ". What follows is the part that was simulated." });
  } else if (run.state) {
    notes.push({ warning: false, text: run.state });
  }
  notes.push(...data.notes);
  $("notes").hidden = notes.length === 0;
  $("notes").append(...notes.map((note) => el("p", { class: "note" + (note.warning ? " warning" : "") },
    ...(note.warning ? [el("strong", { text: "Note: " })] : []), note.text)));
  $("foot").textContent = ["Made by Penfield " + run.program_version, run.started_utc ? "run started " + run.started_utc : "",
    "this file is complete and asks for nothing over the network"].filter((text) => text).join(" \u00b7 ");
}

function show_maps() {
  if (data.frames.length === 0) return () => {};
  $("maps").hidden = false;
  const slider = $("time"), look = { mode: "winner", hatching: true };
  const last = data.frames.length - 1;
  let timer = null, place = null;

  slider.max = last;
  $("response-mode").hidden = data.frames.every((frame) => frame.response === null);
  $("history-box").hidden = !is_strip || last < 2;
  $("panels").classList.toggle("beside-each-other", !is_strip);

  function draw_ticks() {
    const box = $("time-ticks"), room = box.clientWidth;
    let free_from = -Infinity;
    box.replaceChildren();
    data.frames.forEach((frame, i) => {
      const text = frame.label.length > 16 ? frame.label.slice(0, 15) + "\u2026" : frame.label;
      const at = last > 0 ? i / last * room : 0, half = text.length * 3.6;
      // The last label always shows; others give way to it.
      if (at - half < free_from || (i < last && at + half > room - Math.min(data.frames[last].label.length, 16) * 7.2 - 6)) return;
      const tick = el("span", { text });
      tick.style.left = Math.min(at, room - half + 8) + "px";
      box.append(tick);
      free_from = at + half + 10;
    });
  }

  function caption(node, index, note) {
    const frame = data.frames[index];
    node.replaceChildren(frame.label + " ", el("span", { text: note }));
  }

  /** A line's value for the frame shown. The intact map and the one just after the loss stand at the same time: only a
      line with a point for each has a value for the first of them. */
  function value_for_frame(series) {
    const frame = data.frames[shared.frame], time = frame.time_s, here = (t) => t === time;
    const is_first_of_two = frame.intact && data.frames.filter((other) => here(other.time_s)).length > 1;
    if (is_first_of_two && series.time_s.filter(here).length < 2) return null;
    return value_at(series.time_s, series.value, time, is_first_of_two);
  }
  const when = (found) => found.time === data.frames[shared.frame].time_s ? "" : " (at " + format_time(found.time) + ")";

  function show_beside() {
    const curves = data.curves.filter((curve) => curve.beside_map);
    const items = curves.flatMap((curve) => {
      const now = value_for_frame(curve);
      const comparisons = curve.comparisons.map((series) => ({ name: series.name, found: value_for_frame(series) })).filter((c) => c.found);
      const tail = comparisons.map((c) => c.name + " " + with_unit(c.found.value, curve.unit) + when(c.found)).join(", ");
      return [el("div", {}, el("dt", { text: curve.own ? curve.name + ": " + curve.own : curve.name }), el("dd", {}, ...(now ? [with_unit(now.value, curve.unit), el("small", { text: when(now) })] : ["not measured"]),
        ...(tail ? [el("small", { text: tail })] : [])))];
    });
    if (!curves.some((curve) => /decod/i.test(curve.name))) {
      items.push(el("div", {}, el("dt", { text: "Decodability of the lost part" }), el("dd", {}, el("small", { text: "not measured in this run" }))));
    }
    $("beside-map").replaceChildren(...items);
  }

  function draw() {
    const index = shared.frame, time = format_time(data.frames[index].time_s);
    slider.value = index;
    slider.setAttribute("aria-valuetext", data.frames[index].label + ", " + time);
    $("time-label").textContent = data.frames[index].label + (data.frames[index].intact || /\d/.test(data.frames[index].label) ? "" : " (" + time + ")");
    const quiet = look.mode === "changed" ? "where the owner differs from " + data.frames[reference].label : "";
    const heat = look.mode === "response" ? "best response" : "";
    caption($("left-caption"), reference, heat);
    caption($("right-caption"), index, quiet || heat);
    draw_map($("left-map"), reference, { ...look, mode: look.mode === "changed" ? "winner" : look.mode });
    place = draw_map($("right-map"), index, look);
    draw_areas(index, look);
    if (!$("history-box").hidden) draw_history(look);
    show_beside();
    $("colour-bar").hidden = look.mode !== "response";
    const gradient = el("i");
    gradient.style.background = "linear-gradient(to right," + CIVIDIS.join() + ")";
    $("colour-bar").replaceChildren("0", gradient, with_unit(data.largest_response_Hz, "Hz") + ", the strongest response of all maps");
  }

  function read_place(event, index) {
    const bin = place ? place.bin_of(event.offsetX, event.offsetY) : -1;
    if (bin < 0) return;
    const owner = (k) => {
      const part = winners_of(k)[bin], response = responses_of(k), rate = response === null ? null : response_Hz(response[bin]);
      return (part >= 0 ? data.parts[part].name : part === SILENT ? "silent" : "no neurons") + (rate === null ? "" : ", best response " + with_unit(rate, "Hz"));
    };
    const x = sheet.origin_x_mm + (bin % sheet.num_x + 0.5) * sheet.bin_mm, y = sheet.origin_y_mm + (Math.floor(bin / sheet.num_x) + 0.5) * sheet.bin_mm;
    const other = index === reference ? shared.frame : reference;
    $("map-readout").textContent = "x " + format_number(x) + " mm, y " + format_number(y) + " mm. " + data.frames[index].label + ": " + owner(index) +
      (other === index ? "" : ". " + data.frames[other].label + ": " + owner(other)) + ".";
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => shared.frame < last ? choose_frame(shared.frame + 1) : play(false), 800) : null;
    if (on && shared.frame === last) choose_frame(0);
    $("play").textContent = on ? "Pause" : "Play";
    $("play").setAttribute("aria-pressed", String(on));
  }

  slider.addEventListener("input", () => choose_frame(Number(slider.value)));
  $("previous").addEventListener("click", () => choose_frame(shared.frame - 1));
  $("next").addEventListener("click", () => choose_frame(shared.frame + 1));
  $("play").addEventListener("click", () => play(timer === null));
  for (const radio of document.querySelectorAll("input[name=mode]")) {
    radio.addEventListener("change", () => { look.mode = radio.value; draw(); });
  }
  $("hatching").addEventListener("change", () => { look.hatching = $("hatching").checked; draw(); });
  $("left-map").addEventListener("pointermove", (event) => read_place(event, reference));
  $("right-map").addEventListener("pointermove", (event) => read_place(event, shared.frame));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select, pre, table, .numbers")) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) choose_frame(shared.frame + step);
    else if (event.key === "p" || event.key === "P") play(timer === null);
    else return;
    event.preventDefault();
  });
  shared.frame = last;
  shared.listeners.push(draw);
  return () => { draw_ticks(); draw(); };
}

function show_verdicts() {
  if (data.verdicts.length === 0) return;
  $("verdicts").hidden = false;
  const count = (outcome) => data.verdicts.filter((row) => row.outcome === outcome).length;
  const missing = count("not measured");
  $("verdict-summary").textContent = count("pass") + " of " + data.verdicts.length + " measures lie in the range expected from the literature" +
    (missing ? "; " + missing + " could not be measured in this run" : "") + ".";
  const marks = { pass: ["pass", "\u2713 in range"], fail: ["fail", "\u2717 outside"], "not measured": ["not", "\u2013 not measured"] };
  const head = ["Measure", "This run", "Expected", "Verdict", "Source"].map((text, i) => el("th", { scope: "col", class: i === 1 ? "number" : null, text }));
  const rows = data.verdicts.map((row) => el("tr", {},
    el("th", { scope: "row" }, row.name, ...(row.note ? [el("div", { class: "small", text: row.note })] : [])),
    el("td", { class: "number", text: row.value === null ? "\u2013" : with_unit(row.value, row.unit) }), el("td", { text: format_band(row.low, row.high, row.unit) }),
    el("td", { class: "verdict " + marks[row.outcome][0], text: marks[row.outcome][1] }), el("td", { class: "small", text: row.source })));
  $("verdict-table").append(el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}

function show_curves() {
  const plots = data.curves.map((curve) => make_plot(
    { name: curve.name, unit: curve.unit, meaning: curve.meaning, bands: curve.bands, series: [{ name: curve.own || "this run", time_s: curve.time_s, value: curve.value }, ...curve.comparisons] }, 250));
  $("curves").hidden = plots.length === 0;
  $("curve-plots").append(...plots.map((plot) => plot.node));
  if (data.rates.length > 0) {
    $("rates").hidden = false;
    plots.push(make_plot({ name: "Mean rate", unit: "Hz", meaning: "Mean over the neurons of each population.", bands: [], series: data.rates }, 270));
    $("rate-plots").append(plots[plots.length - 1].node);
  }
  const draw = () => plots.forEach((plot) => plot.draw());
  const range = time_range([...data.curves, ...data.rates]);
  if (range[1] > 2 * SPLIT_s && plots.length > 0) {
    const early = new Set(data.curves.flatMap((curve) => curve.time_s.filter((t) => t >= 0 && t <= SPLIT_s))).size;
    time_axis.mode = early >= 3 && range[1] >= 2 * DAY ? "split" : "linear";
    const modes = [["split", "First 6 h enlarged"], ["linear", "Even"], ["log", "Logarithmic"], ["first", "First 6 h alone"]];
    const choice = el("select", { id: "time-axis" }, ...modes.map(([value, text]) => el("option", { value, text, selected: value === time_axis.mode ? "" : null })));
    choice.addEventListener("change", () => { time_axis.mode = choice.value; draw(); });
    $("axis-controls").append(el("label", { for: "time-axis", text: "Time axis" }), choice,
      el("span", { class: "hint", text: "The upright line is the time of the map above; a click in a curve moves it." }));
  }
  shared.listeners.push(draw);
  return draw;
}

/** The scenario, line by line. A search keeps the lines that match and the keys they lie under. */
function show_settings() {
  if (!data.settings) return;
  $("settings-box").hidden = false;
  const lines = data.settings.replace(/\n+$/, "").split("\n"), indent = (line) => line.length - line.trimStart().length;
  function draw(wanted) {
    const needle = wanted.trim().toLowerCase(), above = [], shown = [];
    let found = 0;
    lines.forEach((line) => {
      while (above.length && indent(above[above.length - 1].line) >= indent(line)) above.pop();
      above.push({ line, shown: false });
      const at = needle ? line.toLowerCase().indexOf(needle) : -1;
      if (needle && at < 0) return;
      ++found;
      for (const parent of above.slice(0, -1)) {
        if (!parent.shown && needle) shown.push(el("span", { class: "path", text: parent.line + "\n" }));
        parent.shown = true;
      }
      above[above.length - 1].shown = true;
      if (needle) shown.push(line.slice(0, at), el("mark", { text: line.slice(at, at + needle.length) }), line.slice(at + needle.length) + "\n");
      else shown.push(line + "\n");
    });
    $("settings").replaceChildren(...shown);
    $("settings-count").textContent = needle ? found + (found === 1 ? " line" : " lines") : lines.length + " lines";
  }
  $("settings-search").addEventListener("input", () => draw($("settings-search").value));
  $("settings-save").addEventListener("click", () => save_text("scenario.json", "application/json", data.settings));
  draw("");
}

function show_entries(list, entries) {
  for (const entry of entries) list.append(el("dt", { text: entry.name }), el("dd", { text: entry.value }));
}

show_head();
show_verdicts();
const draw_maps = show_maps();
const draw_curves = show_curves();
show_settings();
show_entries($("glossary"), data.glossary);
show_entries($("digests"), data.digests);
$("digests-box").hidden = data.digests.length === 0;
$("run").hidden = $("settings-box").hidden && $("digests-box").hidden;

function draw_all() {
  draw_maps();
  draw_curves();
}
draw_all();
let last_width = document.body.clientWidth;
new ResizeObserver(() => {
  if (document.body.clientWidth === last_width) return;
  last_width = document.body.clientWidth;
  draw_all();
}).observe(document.body);
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw_all);
