// Small things that the rest of the page uses. No text of the data ever becomes markup: it enters the page as text nodes
// and attributes only.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
for (const item of [...data.curves, ...data.verdicts]) item.unit = item.unit === "1" ? "" : item.unit.replace(/\bmm2\b/g, "mm\u00b2");
const SILENT = -1, NO_NEURONS = -2;
const MINUTE = 60, HOUR = 3600, DAY = 86400, WEEK = 604800;

const $ = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "text") node.textContent = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  for (const child of children) node.append(child);
  return node;
}
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const style_value = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Three significant digits, without an exponent where people would not write one. */
function format_number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not measured";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace("-", "\u2212").replace("+", "");
  const digits = size >= 100 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(size)));
  return value.toFixed(Math.min(digits, 6)).replace("-", "\u2212");
}

/** The same without closing zeros, for limits and axes. */
const short_number = (value) => {
  const text = format_number(value);
  return /^\u2212?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
};

const with_unit = (value, unit) =>
  value === null || value === undefined ? "not measured" : format_number(value) + (unit ? "\u00a0" + unit : "");

const in_units = (seconds, size) => String(Math.round(seconds / size * 100) / 100);

/** A duration as people say it: "40 ms", "6 h", "3 wk 2 d". */
function format_time(seconds) {
  const sign = seconds < 0 ? "\u2212" : "", t = Math.abs(seconds);
  if (t === 0) return "0 h";
  if (t < 1) return sign + in_units(t, 1e-3) + " ms";
  if (t < MINUTE) return sign + in_units(t, 1) + " s";
  if (t < HOUR) return sign + in_units(t, MINUTE) + " min";
  if (t < 2 * DAY) return sign + in_units(t, HOUR) + " h";
  if (t < 2 * WEEK && t % WEEK !== 0) return sign + in_units(t, DAY) + " d";
  const weeks = Math.floor(t / WEEK + 1e-9), days = (t - weeks * WEEK) / DAY;
  return sign + weeks + " wk" + (days > 0.01 ? " " + in_units(days, 1) + " d" : "");
}

/** "15 to 50 %", "at least 60 %", "at most 10 %". */
function format_band(low, high, unit) {
  const tail = unit ? "\u00a0" + unit : "";
  if (low === null && high === null) return "";
  if (low === null) return "at most " + short_number(high) + tail;
  if (high === null) return "at least " + short_number(low) + tail;
  return short_number(low) + " to " + short_number(high) + tail;
}

/** The value measured nearest in time; null where there is none. Of several at one time the last, or the first if asked. */
function value_at(times, values, time, first_of_equals = false) {
  let best = -1;
  for (let i = 0; i < times.length; ++i) {
    if (values[i] === null) continue;
    const off = Math.abs(times[i] - time), best_off = best < 0 ? Infinity : Math.abs(times[best] - time);
    if (off < best_off || (off === best_off && !first_of_equals)) best = i;
  }
  return best < 0 ? null : { value: values[best], time: times[best] };
}

/** Offers a text as a file; it comes from the page itself, so nothing is fetched. */
function save_text(name, type, text) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Numbers at round steps within [low, high], about `wanted` of them. */
function round_ticks(low, high, wanted) {
  if (!(high > low)) return [low];
  const raw = (high - low) / wanted, power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) ticks.push(k * step);
  return ticks;
}

/** With as many figures as tell each tick from its neighbours: 0.999 and 1.001, not 1 and 1. */
function tick_label(value, ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 0;
  const shown = Math.abs(value) < Math.max(1e-12, 1e-6 * step) ? 0 : value;
  if (!(step > 0) || Math.abs(shown) < 100 * step || Math.abs(shown) >= 1e6) return short_number(shown);
  return shown.toFixed(Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))).replace("-", "\u2212");
}

// What the maps and the curves show together: one time. Each drawing function is called when it changes.
const shared = { frame: 0, listeners: [] };
function choose_frame(index) {
  if (data.frames.length === 0) return;
  shared.frame = Math.min(Math.max(index, 0), data.frames.length - 1);
  for (const listener of shared.listeners) listener();
}
function choose_frame_near(time) {
  let best = 0;
  data.frames.forEach((frame, i) => {
    if (Math.abs(frame.time_s - time) <= Math.abs(data.frames[best].time_s - time)) best = i;
  });
  choose_frame(best);
}
