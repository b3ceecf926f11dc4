// The maps of the sheet: two canvases (intact, and the time chosen), the table of areas and the history of all maps.
"use strict";

const sheet = data.sheet;
const num_bins = sheet.num_x * sheet.num_y;
const reference = data.reference;
// Longer than 4 times its height a sheet counts as a strip: maps stand one above the other.
const is_strip = sheet.width_mm > 4 * sheet.height_mm;
const CIVIDIS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];

function bytes_of(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
}
const winner_cache = new Map(), response_cache = new Map();
/** [bin] part, SILENT or NO_NEURONS. */
function winners_of(index) {
  if (!winner_cache.has(index)) winner_cache.set(index, new Int16Array(bytes_of(data.frames[index].winner).buffer));
  return winner_cache.get(index);
}
/** [bin] level 0 to 254 of the best response, 255: none; null if not measured. */
function responses_of(index) {
  const text = data.frames[index].response;
  if (text === null) return null;
  if (!response_cache.has(index)) response_cache.set(index, bytes_of(text));
  return response_cache.get(index);
}
const response_Hz = (level) => level === 255 ? null : level / 254 * data.largest_response_Hz;

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
function heat_colour(level) {
  const place = Math.min(Math.max(level, 0), 1) * (CIVIDIS.length - 1), k = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const a = rgb(CIVIDIS[k]), b = rgb(CIVIDIS[k + 1]);
  return "rgb(" + a.map((v, i) => Math.round(v + (b[i] - v) * (place - k))).join() + ")";
}

/** Hatching of a part as a canvas pattern, so that colour is not the only mark; every fourth part has none. */
function hatching(context, part) {
  const kind = part % 4;
  if (kind === 0) return null;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = "rgba(0,0,0,.30)";
  pen.lineWidth = 1.2;
  pen.beginPath();
  if (kind === 2) {
    pen.arc(4, 4, 1.2, 0, 7);
    pen.fill();
  } else {
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift - 1, kind === 1 ? 9 : -1);
      pen.lineTo(shift + 9, kind === 1 ? -1 : 9);
    }
    pen.stroke();
  }
  return context.createPattern(tile, "repeat");
}

/** Black or white, whichever reads better on the colour. */
function ink_on(hex) {
  const [r, g, b] = rgb(hex).map((v) => Math.pow(v / 255, 2.2));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000000" : "#ffffff";
}

function prepare_canvas(canvas, height) {
  const width = Math.max(canvas.parentElement.clientWidth, 200), ratio = window.devicePixelRatio || 1;
  canvas.style.height = height + "px";
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width };
}

/** Where the sheet lies in a canvas of this width. Strips are drawn at least 96 px high, and say so. */
function layout_of(width) {
  const left = is_strip ? 1 : 40, top = is_strip ? 18 : 6;
  const sheet_width = width - left - (is_strip ? 1 : 8);
  const true_height = sheet_width * sheet.height_mm / sheet.width_mm;
  const sheet_height = Math.min(Math.max(true_height, 96), 620);
  const x_scale = sheet_width / sheet.width_mm, y_scale = sheet_height / sheet.height_mm;
  return {
    left, top, sheet_width, sheet_height, height: top + sheet_height + 34, stretch: sheet_height / true_height,
    x: (mm) => left + (mm - sheet.origin_x_mm) * x_scale,
    y: (mm) => top + sheet_height - (mm - sheet.origin_y_mm) * y_scale,  // y points up
    bin_left: (ix) => Math.round(left + Math.min(ix * sheet.bin_mm, sheet.width_mm) * x_scale),
    bin_top: (iy) => Math.round(top + sheet_height - Math.min((iy + 1) * sheet.bin_mm, sheet.height_mm) * y_scale),
    bin_of(px, py) {
      const ix = Math.floor((px - left) / x_scale / sheet.bin_mm), iy = Math.floor((top + sheet_height - py) / y_scale / sheet.bin_mm);
      return ix >= 0 && iy >= 0 && ix < sheet.num_x && iy < sheet.num_y ? iy * sheet.num_x + ix : -1;
    },
  };
}

/** Calls paint(bin, x, y, width, height) for each run of neighbouring bins of a row for which key(bin) is the same. */
function for_each_run(place, key, paint) {
  for (let iy = 0; iy < sheet.num_y; ++iy) {
    const row = iy * sheet.num_x, y = place.bin_top(iy), height = place.bin_top(iy - 1) - y;
    for (let begin = 0, end; begin < sheet.num_x; begin = end) {
      for (end = begin + 1; end < sheet.num_x && key(row + end) === key(row + begin);) ++end;
      const x = place.bin_left(begin);
      paint(row + begin, x, y, place.bin_left(end) - x, height);
    }
  }
}

function paint_bins(context, place, index, look) {
  const winner = winners_of(index), before = winners_of(reference), response = responses_of(index);
  const silent = style_value("--silent"), empty = style_value("--void");
  if (look.mode === "response" && response !== null) {
    for_each_run(place, (bin) => winner[bin] === NO_NEURONS ? 255 : response[bin], (bin, x, y, w, h) => {
      context.fillStyle = winner[bin] === NO_NEURONS || response[bin] === 255 ? empty : heat_colour(response[bin] / 254);
      context.fillRect(x, y, w, h);
    });
    return;
  }
  const patterns = data.parts.map((_, part) => look.hatching ? hatching(context, part) : null);
  const faded = (bin) => look.mode === "changed" && winner[bin] === before[bin];
  for_each_run(place, (bin) => winner[bin] * 2 + (faded(bin) ? 1 : 0), (bin, x, y, w, h) => {
    const part = winner[bin];
    context.globalAlpha = faded(bin) ? 0.16 : 1;
    context.fillStyle = part >= 0 ? data.parts[part].colour : part === SILENT ? silent : empty;
    context.fillRect(x, y, w, h);
    if (part >= 0 && patterns[part] && !faded(bin)) {
      context.fillStyle = patterns[part];
      context.fillRect(x, y, w, h);
    }
  });
  context.globalAlpha = 1;
}

/** Connected patches of one winner, bins without neurons left out: [{part, bins}] of at least `least` bins. */
function patches_of(winner, least) {
  const seen = new Uint8Array(num_bins), patches = [];
  for (let start = 0; start < num_bins; ++start) {
    if (seen[start] || winner[start] === NO_NEURONS) continue;
    const bins = [start];
    seen[start] = 1;
    for (let k = 0; k < bins.length; ++k) {
      const bin = bins[k], ix = bin % sheet.num_x;
      const beside = [ix > 0 ? bin - 1 : -1, ix + 1 < sheet.num_x ? bin + 1 : -1, bin - sheet.num_x, bin + sheet.num_x];
      for (const next of beside) {
        if (next >= 0 && next < num_bins && !seen[next] && winner[next] === winner[start]) {
          seen[next] = 1;
          bins.push(next);
        }
      }
    }
    if (bins.length >= least) patches.push({ part: winner[start], bins });
  }
  return patches;
}

/** Writes the names of the parts, and "silent", into their patches where there is room. */
function write_names(context, place, index, look) {
  const before = winners_of(reference), all = winners_of(index);
  const winner = look.mode === "changed" ? all.map((part, bin) => part === before[bin] ? NO_NEURONS : part) : all;
  const dx = sheet.bin_mm * place.sheet_width / sheet.width_mm, dy = sheet.bin_mm * place.sheet_height / sheet.height_mm;
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { part, bins } of patches_of(winner, 3)) {
    const colour = part === SILENT ? style_value("--silent") : data.parts[part].colour;
    const text = part === SILENT ? "silent" : data.parts[part].label, room = context.measureText(text).width + 6;
    const mean = (f) => bins.reduce((sum, bin) => sum + f(bin), 0) / bins.length;
    const cx = mean((bin) => bin % sheet.num_x), cy = mean((bin) => Math.floor(bin / sheet.num_x));
    const off = (bin) => Math.hypot((bin % sheet.num_x - cx) * dx, (Math.floor(bin / sheet.num_x) - cy) * dy);
    const middle = bins.reduce((best, bin) => off(bin) < off(best) ? bin : best, bins[0]);
    const columns = new Set(bins.map((bin) => bin % sheet.num_x)), rows = new Set(bins.map((bin) => Math.floor(bin / sheet.num_x)));
    if (columns.size * dx < room || rows.size * dy < 16 || bins.length * dx * dy < room * 16) continue;
    // The centre of gravity, if it lies in the patch; else the bin of the patch nearest to it.
    const inside = winner[Math.round(cy) * sheet.num_x + Math.round(cx)] === part;
    const x = place.left + ((inside ? cx : middle % sheet.num_x) + 0.5) * dx;
    const y = place.top + place.sheet_height - ((inside ? cy : Math.floor(middle / sheet.num_x)) + 0.5) * dy;
    // A plate of the part's own colour keeps the name clear of the hatching.
    context.fillStyle = colour;
    context.fillRect(x - room / 2, y - 9, room, 18);
    context.fillStyle = ink_on(colour);
    context.fillText(text, x, y + 1);
  }
}

function draw_territories(context, place, look) {
  const outline = style_value("--outline"), halo = style_value("--halo");
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const part of data.parts) {
    const x = place.x(part.x_mm), y = place.y(part.y_mm + part.height_mm);
    const width = place.x(part.x_mm + part.width_mm) - x, height = place.y(part.y_mm) - y;
    for (const [colour, line] of [[halo, part.lost ? 5 : 3], [outline, part.lost ? 2.5 : 1]]) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.strokeRect(x, y, width, height);
    }
    if (!is_strip) continue;
    context.font = (part.lost ? "700" : "400") + " 12px system-ui, sans-serif";
    context.fillStyle = part.lost ? outline : style_value("--soft");
    const name = part.label + (part.lost && !look.intact ? " (lost)" : "");
    const text = context.measureText(name).width < width ? name : part.label;
    if (context.measureText(text).width < width) context.fillText(text, x + width / 2, place.top - 5);
  }
}

function draw_scale(context, place) {
  context.fillStyle = style_value("--soft");
  context.strokeStyle = style_value("--soft");
  context.lineWidth = 1;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "top";
  const bottom = place.top + place.sheet_height;
  const ticks = round_ticks(sheet.origin_x_mm, sheet.origin_x_mm + sheet.width_mm, Math.max(place.sheet_width / 90, 2));
  context.beginPath();
  for (const mm of ticks) {
    const x = Math.round(place.x(mm)) + 0.5, last = x > place.left + place.sheet_width - 12;
    context.moveTo(x, bottom);
    context.lineTo(x, bottom + 5);
    context.textAlign = x < place.left + 12 && is_strip ? "left" : last ? "right" : "center";
    context.fillText(short_number(mm), x, bottom + 7);
  }
  context.textAlign = "right";
  const stretch = place.stretch > 1.02 ? ", height drawn \u00d7" + place.stretch.toFixed(1) : "";
  context.fillText("mm along the sheet" + stretch, place.left + place.sheet_width, bottom + 21);
  if (!is_strip) {
    context.textBaseline = "middle";
    for (const mm of round_ticks(sheet.origin_y_mm, sheet.origin_y_mm + sheet.height_mm, place.sheet_height / 60)) {
      const y = Math.round(place.y(mm)) + 0.5;
      context.moveTo(place.left - 5, y);
      context.lineTo(place.left, y);
      context.fillText(short_number(mm), place.left - 8, y);
    }
  }
  context.stroke();
  context.strokeRect(place.left, place.top, place.sheet_width, place.sheet_height);
}

function draw_map(canvas, index, look) {
  const place = layout_of(Math.max(canvas.parentElement.clientWidth, 200));
  const { context } = prepare_canvas(canvas, place.height);
  paint_bins(context, place, index, look);
  if (look.mode !== "response") write_names(context, place, index, look);
  draw_territories(context, place, { intact: index === reference });
  draw_scale(context, place);
  canvas.setAttribute("aria-label", "Map of " + sheet.area + ", " + data.frames[index].label + ". " + spoken_areas(index));
  return place;
}

const areas_cache = new Map();
/** Area in mm2 of each winner: a Map from part (or SILENT) to mm2. */
function areas_of(index) {
  if (areas_cache.has(index)) return areas_cache.get(index);
  const areas = new Map(), winner = winners_of(index);
  for (let bin = 0; bin < num_bins; ++bin) {
    const left = bin % sheet.num_x * sheet.bin_mm, low = Math.floor(bin / sheet.num_x) * sheet.bin_mm;
    const size = (Math.min(left + sheet.bin_mm, sheet.width_mm) - left) * (Math.min(low + sheet.bin_mm, sheet.height_mm) - low);
    areas.set(winner[bin], (areas.get(winner[bin]) || 0) + size);
  }
  areas_cache.set(index, areas);
  return areas;
}
function spoken_areas(index) {
  const areas = areas_of(index);
  const named = data.parts.map((part, i) => part.label + " " + format_number(areas.get(i) || 0));
  return [...named, "silent " + format_number(areas.get(SILENT) || 0)].join(", ") + " square millimetres.";
}

/** A small picture of a part's colour and hatching. */
function swatch(part, with_hatching) {
  const box = el("canvas", { class: "swatch", width: 52, height: 32, "aria-hidden": "true" }), pen = box.getContext("2d");
  pen.fillStyle = part < 0 ? style_value(part === SILENT ? "--silent" : "--void") : data.parts[part].colour;
  pen.fillRect(0, 0, 52, 32);
  const pattern = part >= 0 && with_hatching ? hatching(pen, part) : null;
  pen.scale(2, 2);
  if (pattern) {
    pen.fillStyle = pattern;
    pen.fillRect(0, 0, 26, 16);
  }
  return box;
}

function draw_areas(index, look) {
  const before = areas_of(reference), now = areas_of(index), unit = "mm\u00b2";
  const head = el("tr", {}, el("th", { scope: "col", text: "Part" }),
    el("th", { scope: "col", class: "number", text: data.frames[reference].label + ", " + unit }),
    el("th", { scope: "col", class: "number", text: data.frames[index].label + ", " + unit }),
    el("th", { scope: "col", class: "number", text: "change, " + unit }));
  const size = (mm2) => mm2 === 0 ? "0" : mm2.toFixed(2).replace("-", "\u2212");
  const others = before.has(NO_NEURONS) || now.has(NO_NEURONS) ? [SILENT, NO_NEURONS] : [SILENT];
  const rows = [...data.parts.keys(), ...others].map((part) => {
    const a = before.get(part) || 0, b = now.get(part) || 0, change = Math.abs(b - a) < 1e-9 ? 0 : b - a;
    const name = part === SILENT ? "silent cortex" : part === NO_NEURONS ? "no neurons" : data.parts[part].name + (data.parts[part].lost ? " (lost)" : "");
    return el("tr", { class: part >= 0 && data.parts[part].lost ? "lost" : null },
      el("th", { scope: "row" }, swatch(part, look.hatching), name),
      el("td", { class: "number", text: size(a) }), el("td", { class: "number", text: size(b) }),
      el("td", { class: "number", text: (change > 0 ? "+" : "") + size(change) }));
  });
  $("areas").replaceChildren(el("caption", { class: "small", text: "Area in which each part drives the cortex best" +
    (sheet.threshold_Hz === null ? "" : "; silent: no part reaches " + short_number(sheet.threshold_Hz) + " Hz") }),
    el("thead", {}, head), el("tbody", {}, ...rows));
}

/** Every map as one row: the commonest winner of each column of bins. */
function draw_history(look) {
  const canvas = $("history"), count = data.frames.length, label_width = 74, row = Math.max(3, Math.min(20, 300 / count));
  const label_every = Math.ceil(13 / row);
  const { context, width } = prepare_canvas(canvas, count * row + 2);
  const scale = (width - label_width - 1) / sheet.width_mm, silent = style_value("--silent");
  const x_of = (ix) => Math.round(label_width + Math.min(ix * sheet.bin_mm, sheet.width_mm) * scale);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let k = 0; k < count; ++k) {
    const winner = winners_of(k), y = Math.round(k * row) + 1, height = Math.round((k + 1) * row) + 1 - y;
    for (let ix = 0; ix < sheet.num_x; ++ix) {
      const votes = new Map();
      for (let bin = ix; bin < num_bins; bin += sheet.num_x) {
        if (winner[bin] !== NO_NEURONS) votes.set(winner[bin], (votes.get(winner[bin]) || 0) + 1);
      }
      const part = [...votes].reduce((best, vote) => vote[1] > best[1] ? vote : best, [NO_NEURONS, 0])[0];
      context.fillStyle = part >= 0 ? data.parts[part].colour : part === SILENT ? silent : style_value("--void");
      context.fillRect(x_of(ix), y, x_of(ix + 1) - x_of(ix), height - (row >= 12 ? 1 : 0));
    }
    const chosen = k === shared.frame;
    context.fillStyle = style_value(chosen ? "--ink" : "--soft");
    context.font = (chosen ? "700" : "400") + " 12px system-ui, sans-serif";
    if (chosen || (k % label_every === 0 && Math.abs(k - shared.frame) >= label_every)) context.fillText(data.frames[k].label, 0, y + height / 2, label_width - 8);
    if (chosen) {
      context.strokeStyle = style_value("--cursor");
      context.lineWidth = 2;
      context.strokeRect(label_width, y, width - label_width - 1, height);
    }
  }
  canvas.setAttribute("aria-label", "History of " + count + " maps, from " + data.frames[0].label + " to " +
    data.frames[count - 1].label + "; the slider above steps through the same maps.");
  canvas.onclick = (event) => choose_frame(Math.floor((event.offsetY - 1) / row));
  canvas.style.cursor = "pointer";
}
