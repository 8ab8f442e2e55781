"use strict";
// What pages gain with JavaScript: live parts, graphs over time, the keyboard. They are readable without.

const main = () => document.getElementById("main");
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- remembered on this machine ---------------------------------------------------------------------
function remember(name, value) {
  try { localStorage.setItem(name, value); } catch (error) { console.info(error.message); }
}
function remembered(name) {
  try { return localStorage.getItem(name) || ""; } catch { return ""; }
}

// --- theme --------------------------------------------------------------------------------------------
function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
function showTheme() {
  const button = $("#theme");
  button.hidden = false;
  button.textContent = isDark() ? "Light" : "Dark";
}

// --- live parts ---------------------------------------------------------------------------------------
const live = { source: null, url: "", lastAt: 0, state: "", trouble: "", retryS: 1 };

function connect() {
  const url = main().dataset.events || "";
  if (live.source && live.url === url && live.source.readyState !== EventSource.CLOSED) return;
  if (live.source) live.source.close();
  Object.assign(live, { source: null, url, state: "", trouble: "" });
  if (!url) { showPulse(); return; }
  const source = new EventSource(url);
  live.source = source;
  live.lastAt = live.lastAt || Date.now();
  source.addEventListener("open", () => { live.retryS = 1; });
  for (const kind of ["parts", "beat"]) source.addEventListener(kind, (event) => receive(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    showPulse();
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => { if (live.source === source) connect(); }, live.retryS * 1000);
    live.retryS = Math.min(10, live.retryS * 2);
  });
}

// Browsers open six connections to a host: a page that nobody sees must not keep one of them.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { connect(); return; }
  if (live.source) live.source.close();
});

function receive(message) {
  Object.assign(live, { lastAt: Date.now(), state: message.state, trouble: message.trouble || "" });
  for (const [id, html] of Object.entries(message.parts)) {
    const part = document.getElementById(id);
    if (!part || isBeingUsed(part)) continue;
    const here = $$("tbody tr[data-href]", part).findIndex((row) => row.classList.contains("here"));
    htmx.swap(part, html, { swapStyle: "innerHTML" });
    prepare(part);
    if (here >= 0) select(here, false);
  }
  if (Object.keys(message.parts).length) { reachScrollers(); drawAll(false); }
  showPulse();
}

function isBeingUsed(part) {
  const active = document.activeElement;
  const isTyping = part.contains(active) && active.matches("input, select, textarea");
  return isTyping || $$("input:not([type=hidden]), textarea", part).some((field) => field.value !== field.defaultValue && !field.dataset.remember);
}

function showPulse() {
  const pulse = $("#pulse");
  pulse.hidden = !live.url;
  const silentS = Math.round((Date.now() - live.lastAt) / 1000);
  const isStale = live.trouble || silentS > 8 || !live.source || live.source.readyState === EventSource.CLOSED;
  const state = isStale ? "stale" : live.state || "live";
  const words = isStale ? (live.trouble ? "database trouble" : `stale ${silentS} s`) : state;
  if (pulse.textContent !== words) pulse.textContent = words;
  pulse.className = `pulse ${state}`;
  pulse.title = live.trouble;
}

// --- relative times -----------------------------------------------------------------------------------
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
function durationWords(seconds) {
  const left = Math.max(0, Math.round(seconds));
  for (const [index, [unit, size]] of UNITS.entries()) {
    if (left < size) continue;
    const first = Math.floor(left / size);
    if (index + 1 === UNITS.length || first >= 10) return `${first} ${unit}`;
    const second = Math.floor((left % size) / UNITS[index + 1][1]);
    return second ? `${first} ${unit} ${second} ${UNITS[index + 1][0]}` : `${first} ${unit}`;
  }
  return "0 s";
}
function showTimes() {
  for (const time of $$("time[datetime]")) {
    const passedS = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (Number.isNaN(passedS)) continue;
    const words = passedS < 1 ? "now" : `${durationWords(passedS)} ago`;
    if (time.textContent !== words) time.textContent = words;
  }
}

// --- graphs over time ---------------------------------------------------------------------------------
const SERIES = 5;
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2]];
const drawn = { charts: [], at: 0 };

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
function line(label, place, value) {
  return { label, stroke: colour(`--s${place % SERIES}`), dash: DASHES[place % SERIES], width: 1.6, spanGaps: true, points: { show: false }, value: (_plot, v) => (v == null ? "–" : value(v)) };
}
function three(value) {
  return value === 0 ? "0" : Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 });
}
function timeWords(at, before) {
  const iso = new Date(at * 1e3).toISOString();
  const isNewDay = before == null || iso.slice(0, 10) !== new Date(before * 1e3).toISOString().slice(0, 10);
  const clock = at % 60 ? iso.slice(11, 19) : iso.slice(11, 16);
  return isNewDay ? `${clock}\n${iso.slice(5, 10)}` : clock;
}
function hasLine(series) { return series.some((one) => one.values.filter((v) => v != null).length > 1); }
function draw(box, at, series, range) {
  box.replaceChildren();
  if (!hasLine(series)) {
    const none = document.createElement("p");
    none.className = "none";
    none.textContent = "Fewer than two samples: nothing to draw yet.";
    box.append(none);
    return;
  }
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
  const plot = new uPlot({
    width: Math.max(260, box.clientWidth), height: 200, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), "Etc/UTC"),
    cursor: { drag: { x: true, y: false } },
    scales: { y: { range: range || ((_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1]) } },
    axes: [{ ...axis, space: 60, values: (_plot, values) => values.map((v, n) => timeWords(v, values[n - 1])) }, { ...axis, size: 56, values: (_plot, values) => values.map(three) }],
    series: [{ value: (_plot, v) => (v == null ? "–" : new Date(v * 1e3).toISOString().slice(0, 19).replace("T", " ")) }, ...series.map((one, place) => line(one.label, one.place ?? place, one.words || three))],
  }, [at, ...series.map((one) => one.values)], box);
  drawn.charts.push({ plot, box });
}
const PLOTS = {
  accuracy: (data) => ({ series: data.accuracy.map((values, place) => ({ label: data.accuracy_labels[place], values })), range: [0, 1] }),
  times: (data) => ({ series: [{ label: "p50 (s)", values: data.p50_s }, { label: "p95 (s)", values: data.p95_s }] }),
  cost: (data) => ({ series: [{ label: "spent ($)", values: data.cost_usd }] }),
  rates: (data) => ({ series: [{ label: "calls/min", values: data.calls_per_minute }, { label: "errors (%)", values: data.error_rate.map((v) => (v == null ? null : v * 100)) }] }),
};
const MACHINE = [["CPU (%)", "cpu_percent"], ["memory (%)", "memory_percent"], ["disk (%)", "disk_percent"]];
const NETWORK = [["sent (kB/s)", "sent_bytes_per_s"], ["received (kB/s)", "received_bytes_per_s"]];

async function drawAll(isNow) {
  const plots = $("[data-plots]");
  if (!plots || typeof uPlot === "undefined" || (!isNow && Date.now() - drawn.at < 5000)) return;
  drawn.at = Date.now();
  let data;
  try {
    const answer = await fetch(plots.dataset.plots, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    data = await answer.json();
  } catch { return; } // the pulse says that the server is away
  for (const { plot } of drawn.charts.splice(0)) plot.destroy();
  if ("machines" in plots.dataset) drawMachines(plots, data);
  else for (const box of $$(".plot", plots)) drawOne(box, data);
}
function drawOne(box, data) {
  let { series, range } = PLOTS[box.dataset.plot](data);
  if (box.dataset.plot === "accuracy") { // one method, and as many levels as can be told apart, both ends among them
    const method = (one) => one.label.split(" ")[0];
    const first = series.find((one) => method(one) !== "0");
    series = series.filter((one) => method(one) === "0" || method(one) === method(first));
    const step = (series.length - 1) / (SERIES - 1);
    if (series.length > SERIES) series = [...Array(SERIES).keys()].map((n) => series[Math.round(n * step)]);
  }
  draw(box, data.at_s, series, range);
}
function drawMachines(plots, machines) {
  plots.replaceChildren();
  const boxes = [];
  for (const machine of machines) {
    const pick = (pairs, factor) => pairs.filter(([, name]) => machine.values[name]).map(([label, name]) => ({ label, values: machine.values[name].map((v) => (v == null ? null : v * factor)) }));
    for (const [title, series, range] of [[`${machine.host}: load`, pick(MACHINE, 1), [0, 100]], [`${machine.host}: network`, pick(NETWORK, 1e-3), null]]) {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      const box = document.createElement("div");
      caption.textContent = title;
      box.className = "plot";
      figure.append(caption, box);
      plots.append(figure);
      boxes.push([box, machine.at_s, series, range]);
    }
  }
  for (const box of boxes) draw(...box); // all are in place: now each has its width
  if (!machines.length) { const none = document.createElement("p"); none.className = "hint"; none.textContent = "No samples in this time."; plots.append(none); }
}

// --- keyboard -----------------------------------------------------------------------------------------
function rows() { return $$("tbody tr[data-href], tbody tr[data-level]", main()); }
function select(index, isMoving = true) {
  const all = rows();
  if (!all.length) return;
  const place = Math.min(all.length - 1, Math.max(0, index));
  all.forEach((row, n) => row.classList.toggle("here", n === place));
  if (isMoving) all[place].scrollIntoView({ block: "nearest" });
}
function move(step) {
  const place = rows().findIndex((row) => row.classList.contains("here"));
  select(place < 0 ? (step > 0 ? 0 : rows().length - 1) : place + step);
}
function changeLevel(step) {
  const field = $("[data-levels]", main());
  if (!field) { move(step); return; }
  field.selectedIndex = Math.min(field.options.length - 1, Math.max(0, field.selectedIndex + step));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
function follow(selector) { const link = $(selector, main()); if (link) link.click(); }
const KEYS = {
  "/": () => { const field = $("[data-search]", main()); if (field) { field.focus(); if (field.select) field.select(); } },
  j: () => move(1), k: () => move(-1),
  Enter: () => { const row = $("tr.here", main()); if (row && row.dataset.href) location.href = row.dataset.href; else if (row) { const fold = $("details", row); if (fold) fold.open = !fold.open; } },
  "[": () => changeLevel(-1), "]": () => changeLevel(1),
  ",": () => follow("[data-previous]"), ".": () => follow("[data-next]"),
  "?": () => $("#help").showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const target = event.target;
  if (event.key === "Escape" && target.matches("input, select, textarea")) { target.blur(); return; }
  if (target.matches("input, select, textarea") || (event.key === "Enter" && target.matches("a, button, summary"))) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

// --- what scrolls can be scrolled by the keyboard ----------------------------------------------------
function reachScrollers() {
  for (const box of $$(".scroll, .wrapped", main())) {
    const isCut = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (isCut === box.hasAttribute("tabindex")) continue;
    if (!isCut) { box.removeAttribute("tabindex"); continue; }
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "scrolls");
  }
}
document.addEventListener("toggle", reachScrollers, true);

// --- forms --------------------------------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  for (const field of $$("[data-remember]", form)) remember(field.dataset.remember, field.value);
}, true);

function prepare(root) {
  const found = (selector) => [...(root.matches?.(selector) ? [root] : []), ...$$(selector, root)];
  for (const field of found("[data-remember]")) if (!field.value) field.value = remembered(field.dataset.remember);
  for (const form of found("form[data-live-filter]")) {
    form.setAttribute("hx-get", form.getAttribute("action"));
    form.setAttribute("hx-trigger", "submit, change, input changed delay:350ms from:find input[type=search]");
    inMain(form);
  }
  for (const form of found("form[method=post]")) { form.setAttribute("hx-post", form.getAttribute("action")); inMain(form); }
}
function inMain(form) {
  form.setAttribute("hx-target", "#main");
  form.setAttribute("hx-select", "#main");
  form.setAttribute("hx-swap", "outerHTML show:none");
  if (form.method !== "post") form.setAttribute("hx-push-url", "true");
  htmx.process(form);
}
function filled(form) { return new URLSearchParams(new FormData(form)).toString(); }
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, verb } = event.detail;
  if (verb === "get") for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  if (event.detail.elt.matches("form[data-live-filter]")) event.detail.elt.dataset.sent = filled(event.detail.elt);
});
document.addEventListener("htmx:beforeSwap", (event) => { // refusals are pages too: show them
  const form = event.detail.requestConfig.elt;
  if ("sent" in form.dataset && form.dataset.sent !== filled(form)) { event.detail.shouldSwap = false; return; } // filled in further since: the next answer counts
  if (event.detail.xhr.status >= 400 && event.detail.xhr.getResponseHeader("content-type")?.startsWith("text/html")) event.detail.shouldSwap = true;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "main" && event.detail.elt?.id !== "main") return;
  prepare(main()); reachScrollers(); connect(); drawAll(true);
});

document.addEventListener("DOMContentLoaded", () => {
  showTheme();
  const keys = $("#keys");
  keys.hidden = false;
  keys.addEventListener("click", () => $("#help").showModal());
  $("#theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    remember("theme", document.documentElement.dataset.theme);
    showTheme(); drawAll(true);
  });
  prepare(document.body);
  reachScrollers(); connect(); drawAll(true);
  setInterval(() => { showPulse(); showTimes(); }, 1000);
  let timer = 0;
  addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => { for (const { plot, box } of drawn.charts) plot.setSize({ width: Math.max(260, box.clientWidth), height: 200 }); reachScrollers(); }, 150); });
});
