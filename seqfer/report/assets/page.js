// The page of one video: lanes, curves, table and video, on one clock and one stretch of time.

let DATA, PLAYER, VIEW_FILTER;

class ViewFilter {
  constructor() {
    this.emotions = DATA.emotions.map(() => true);
    Object.assign(this, { lane: -1, confidence: 0, duration: 0 });
  }

  passes(n) {
    const { emotion, lane, confidence, start, end } = DATA.segments;
    return n >= 0 && this.emotions[emotion[n]] && (this.lane < 0 || lane[n] === this.lane)
      && confidence[n] >= this.confidence && end[n] - start[n] >= this.duration;
  }
}

async function startPage() {
  followTheme();
  DATA = await inflateJson($("#data").textContent);
  DATA.pictures = $("#pictures").textContent.trim().split("\n");
  DATA.byLane = DATA.lanes.map(() => []);
  DATA.segments.lane.forEach((lane, n) => DATA.byLane[lane].push(n));
  VIEW_FILTER = new ViewFilter();
  const segments = DATA.segments;
  const view = { min: 0, max: DATA.duration || 1, duration: DATA.duration || 1 };
  const track = $("#timeline"), tip = $("#tip"), playhead = $("#playhead"), scroller = $("#scroller");
  let chosen = longestLane();

  // --- lanes and curves

  const lanes = DATA.lanes.map((lane, number) => {
    const name = element("button", { type: "button", className: "lane-name", "aria-pressed": "false", title: `${lane.name}: show its curves` },
      element("strong", {}, lane.name), element("small", {}, words(number)));
    const plot = element("div", { className: "lane-plot" }), faces = element("div", { className: "faces" });
    const row = element("div", { className: "lane", role: "group", "aria-label": `${lane.name}, ${words(number)}` }, name, element("div", { className: "lane-body" }, plot, faces));
    name.addEventListener("click", () => choose(number));
    $("#lanes").append(row);
    const chart = new LaneChart(plot, number, view);
    return { row, name, chart, faces: new FaceStrip(faces, chart, view), made: false };
  });
  const curves = new CurveCharts($("#probabilities"), $("#intensity"), view);

  function words(number) {
    const total = DATA.byLane[number].length;
    return `${count(total)} segment${total === 1 ? "" : "s"}`;
  }

  function longestLane() {
    const seen = DATA.lanes.map((lane) => lane.seen.reduce((sum, [start, end]) => sum + end - start, 0));
    return seen.indexOf(Math.max(...seen));
  }

  const options = (number) => ({
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, sync: { key: "time" }, bind: {
      dblclick: () => () => { show(0, view.duration); return null; },
    } },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    plugins: [{ hooks: {
      ready: (chart) => {
        chart.over.addEventListener("click", () => PLAYER.seek(chart.posToVal(chart.cursor.left, "x")));
        chart.over.addEventListener("mousemove", (event) => hover(event, chart, number));
        chart.over.addEventListener("mouseleave", () => { tip.hidden = true; });
      },
      setSelect: (chart) => {
        const { left, width } = chart.select;
        if (width > 4) show(chart.posToVal(left, "x"), chart.posToVal(left + width, "x"));
        if (width > 0) chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      },
    } }],
  });

  function make(lane) {
    lane.chart.make(options(lane.chart.number));
    lane.faces.draw();
    lane.made = true;
  }

  // Two hundred lanes are not drawn before they come into sight.
  const sight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      const lane = lanes.find(({ row }) => row === target);
      lane.inSight = isIntersecting;
      if (isIntersecting) (lane.made ? drawLane : make)(lane);
    }
  }, { rootMargin: "150px" });
  lanes.forEach(({ row }) => sight.observe(row));

  function drawLane(lane) {
    lane.chart.draw();
    lane.faces.draw();
  }

  let waiting = false;
  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      lanes.forEach((lane) => { if (lane.inSight && lane.made) drawLane(lane); });
      curves.draw();
      place();
      $("#range").textContent = `${clock(view.min)} – ${clock(view.max)}`;
      $("#whole").disabled = view.min <= 0 && view.max >= view.duration;
    });
  }

  function remake() {
    lanes.forEach((lane) => { if (lane.made) make(lane); });
    if (curves.charts.length) curves.make(options(-1));
    draw();
  }
  redraws.push(remake);

  async function choose(number) {
    chosen = number;
    lanes.forEach(({ name, row }, n) => {
      name.setAttribute("aria-pressed", String(n === number));
      row.classList.toggle("chosen", n === number);
    });
    const list = $("#lanes"), { row } = lanes[number];
    const top = row.offsetTop - lanes[0].row.offsetTop;
    if (top < list.scrollTop || top + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - 20;
    $("#curves-of").textContent = DATA.lanes[number].name;
    await curves.choose(number);
    $("#no-curves").hidden = curves.curves !== null;
    $("#curve-plots").hidden = curves.curves === null;
    if (curves.curves && !curves.charts.length) curves.make(options(-1));
    curves.draw();
    tellNow();
  }

  // --- the stretch of time on show

  const SHORTEST = Math.min(view.duration, 0.4);

  function show(min, max, scroll = true) {
    const length = Math.min(view.duration, Math.max(SHORTEST, max - min));
    const middle = (min + max) / 2;
    view.min = Math.min(Math.max(0, middle - length / 2), view.duration - length);
    view.max = view.min + length;
    if (scroll) {
      scroller.hidden = length >= view.duration;
      $("#extent").style.width = `${100 * view.duration / length}%`;
      scrolled = true;
      scroller.scrollLeft = view.min / view.duration * scroller.scrollWidth;
    }
    draw();
  }

  let scrolled = false;
  scroller.addEventListener("scroll", () => {
    if (scrolled) { scrolled = false; return; }
    const length = view.max - view.min;
    const min = scroller.scrollLeft / scroller.scrollWidth * view.duration;
    show(min, min + length, false);
  });

  function zoom(factor, around = inView(PLAYER.time) ? PLAYER.time : (view.min + view.max) / 2) {
    const length = Math.min(view.duration, Math.max(SHORTEST, (view.max - view.min) * factor));
    const share = (around - view.min) / (view.max - view.min);
    show(around - share * length, around + (1 - share) * length);
  }

  const inView = (seconds) => seconds >= view.min && seconds <= view.max;
  track.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = plotBox();
    zoom(Math.exp(event.deltaY * 0.004), view.min + (event.clientX - box.left) / box.width * (view.max - view.min));
  }, { passive: false });
  $("#closer").addEventListener("click", () => zoom(0.5));
  $("#wider").addEventListener("click", () => zoom(2));
  $("#whole").addEventListener("click", () => show(0, view.duration));

  const plotBox = () => (lanes[0]?.chart.host ?? track).getBoundingClientRect();

  function place() {
    const box = plotBox(), outer = track.getBoundingClientRect();
    const left = box.left - outer.left + (PLAYER.time - view.min) / (view.max - view.min) * box.width;
    playhead.hidden = !inView(PLAYER.time) || !lanes.length;
    playhead.style.transform = `translateX(${left}px)`;
  }

  // --- what is on show now

  const now = $("#now");
  let told = "";
  function tellNow() {
    $("#clock").textContent = `${clock(PLAYER.time)} / ${clock(view.duration)}`;
    const showing = lanes.map(({ chart }, number) => ({ number, ...chart.at(PLAYER.time) })).filter(({ state }) => state !== NOT_SEEN);
    const levels = curves.at(PLAYER.time);
    const key = JSON.stringify([showing, levels?.map((level) => Math.round(100 * level)), chosen]);
    if (key === told) return;
    told = key;
    now.replaceChildren(...showing.slice(0, 8).map(({ number, segment, doubts }) => card(number, segment, doubts, number === chosen ? levels : null)));
    if (!showing.length) now.append(element("p", { className: "quiet" }, DATA.lanes.length ? "No face in view at this moment." : "No face was found in this video."));
    else if (showing.length > 8) now.append(element("p", { className: "quiet" }, `and ${showing.length - 8} more`));
  }

  function card(number, segment, doubts, levels) {
    const verdict = segment < 0 ? "not judged" : DATA.emotions[segments.emotion[segment]];
    const made = element("article", { className: "card" }, segment < 0 ? null : faceOf(segment), element("div", {},
      element("small", {}, DATA.lanes[number].name), element("strong", {}, segment < 0 ? null : swatch(DATA.colours[segments.emotion[segment]]), verdict),
      doubts ? element("small", { className: "doubt" }, `not trusted: ${doubts}`) : null));
    if (levels) {
      const bars = element("dl", { className: "bars" });
      DATA.emotions.slice(0, DATA.modelled).forEach((name, n) => bars.append(element("dt", {}, name),
        element("dd", {}, element("span", { className: "level" }, element("span", { style: { width: `${100 * levels[n]}%`, background: DATA.colours[n] } })), element("output", {}, percent(levels[n])))));
      bars.append(element("dt", { className: "sum" }, "intensity"), element("dd", { className: "sum" },
        element("span", { className: "level" }, element("span", { style: { width: `${100 * levels.at(-1)}%`, background: "var(--soft)" } })), element("output", {}, percent(levels.at(-1)))));
      made.append(bars);
    }
    return made;
  }

  // --- figures under the pointer

  function hover(event, chart, number) {
    const seconds = chart.posToVal(chart.cursor.left, "x");
    const lines = number < 0 ? curveLines(seconds) : laneLines(number, seconds);
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - width - 8)}px`;
    tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18}px`;
  }

  const figures = (pairs) => {
    const list = element("dl", {});
    for (const [name, value] of pairs) if (value !== null) list.append(element("dt", {}, name), element("dd", {}, value));
    return list;
  };

  function laneLines(number, seconds) {
    const { segment: n, state, doubts } = lanes[number].chart.at(seconds);
    const title = element("strong", {}, `${DATA.lanes[number].name} · ${clock(seconds)}`);
    const doubt = doubts ? element("p", { className: "doubt" }, `not trusted: ${doubts}`) : null;
    if (n < 0) return [title, element("p", {}, state === NOT_SEEN ? "face not in view" : "in view, not judged"), doubt].filter(Boolean);
    const mark = (seconds_) => (seconds_ === null ? null : clock(seconds_));
    return [title, element("div", { className: "tip-body" }, faceOf(n), element("div", {},
      element("p", {}, swatch(DATA.colours[segments.emotion[n]]), DATA.emotions[segments.emotion[n]]),
      figures([
        ["from – to", `${clock(segments.start[n])} – ${clock(segments.end[n])}`], ["lasts", span(segments.end[n] - segments.start[n])],
        ["confidence", percent(segments.confidence[n])], ["intensity", percent(segments.intensity[n])],
        ["onset", mark(segments.onset[n])], ["apex", mark(segments.apex[n])], ["offset", mark(segments.offset[n])],
        ["trusted", segments.trusted[n] < 1 ? percent(segments.trusted[n]) : null],
      ]))), doubt].filter(Boolean);
  }

  function curveLines(seconds) {
    const levels = curves.at(seconds);
    const title = element("strong", {}, `${DATA.lanes[chosen].name} · ${clock(seconds)}`);
    if (!levels) return [title, element("p", {}, "face not in view")];
    const ranked = DATA.emotions.slice(0, DATA.modelled).map((name, n) => [levels[n], name, n]).sort((a, b) => b[0] - a[0]);
    const list = element("dl", {});
    for (const [level, name, n] of ranked) list.append(element("dt", {}, swatch(DATA.colours[n]), name), element("dd", {}, percent(level)));
    list.append(element("dt", { className: "sum" }, "intensity"), element("dd", { className: "sum" }, percent(levels.at(-1))));
    return [title, list];
  }

  // --- the table of segments

  const time = (label, values, className = "number") => ({
    label, numeric: true, className, value: (n) => values[n], fill: (cell, n) => cell.append(values[n] === null ? "–" : clock(values[n])),
  });
  const share = (label, values) => ({
    label, numeric: true, className: "number", value: (n) => values[n], fill: (cell, n) => cell.append(percent(values[n])),
  });
  const table = new Table($("#segments"), [
    { label: "Face", className: "thumb", value: null, fill: (cell, n) => cell.append(faceOf(n) ?? "") },
    { label: "Who", className: "who", value: (n) => DATA.lanes[segments.lane[n]].name, fill: (cell, n) => cell.append(DATA.lanes[segments.lane[n]].name) },
    { label: "Emotion", className: "emotion", value: (n) => DATA.emotions[segments.emotion[n]],
      fill: (cell, n) => cell.append(swatch(DATA.colours[segments.emotion[n]]), DATA.emotions[segments.emotion[n]]) },
    time("Start", segments.start), time("End", segments.end),
    { label: "Lasts", numeric: true, className: "number", value: (n) => segments.end[n] - segments.start[n], fill: (cell, n) => cell.append(span(segments.end[n] - segments.start[n])) },
    share("Confidence", segments.confidence), share("Intensity", segments.intensity),
    time("Onset", segments.onset, "number mark"), time("Apex", segments.apex, "number mark"), time("Offset", segments.offset, "number mark"),
    { ...share("Trusted", segments.trusted), className: "number mark" },
  ], { rowHeight: 48, label: "Segments", onOpen: (n) => goTo(n) });

  function goTo(n) {
    if (segments.start[n] < view.min || segments.end[n] > view.max) {
      const room = Math.max((view.max - view.min) / 2, (segments.end[n] - segments.start[n]) * 0.75);
      const middle = (segments.start[n] + segments.end[n]) / 2;
      show(middle - room, middle + room);
    }
    if (segments.lane[n] !== chosen) choose(segments.lane[n]);
    PLAYER.seek(segments.start[n]);
    const { emotion } = segments;
    $("#announce").textContent = `${DATA.lanes[segments.lane[n]].name}, ${DATA.emotions[emotion[n]]}, from ${clock(segments.start[n])} to ${clock(segments.end[n])}`;
  }

  function filter() {
    const rows = [];
    for (let n = 0; n < segments.start.length; n++) if (VIEW_FILTER.passes(n)) rows.push(n);
    rows.sort((a, b) => segments.start[a] - segments.start[b] || a - b);
    table.show(rows);
    const total = segments.start.length;
    $("#shown").textContent = rows.length === total ? `${count(total)} segment${total === 1 ? "" : "s"}` : `${count(rows.length)} of ${count(total)} segments`;
    $("#nothing").hidden = rows.length > 0;
    $("#nothing").textContent = total ? "No segment passes the filters." : "There is no segment in this video.";
    lanes.forEach(({ row, chart }) => row.classList.toggle("aside", VIEW_FILTER.lane >= 0 && VIEW_FILTER.lane !== chart.number));
    draw();
  }

  // --- filters

  document.querySelectorAll("#filters [data-emotion]").forEach((chip) => chip.addEventListener("click", (event) => {
    const n = Number(chip.dataset.emotion);
    if (event.altKey || event.shiftKey) { // only this one; once more: all
      const alone = VIEW_FILTER.emotions.every((on, other) => on === (other === n));
      VIEW_FILTER.emotions = VIEW_FILTER.emotions.map((_, other) => alone || other === n);
    } else VIEW_FILTER.emotions[n] = !VIEW_FILTER.emotions[n];
    pressed();
    filter();
  }));
  const pressed = () => document.querySelectorAll("#filters [data-emotion]").forEach((chip) => chip.setAttribute("aria-pressed", String(VIEW_FILTER.emotions[Number(chip.dataset.emotion)])));
  const who = $("#who");
  DATA.lanes.forEach((lane, number) => who.append(element("option", { value: String(number) }, lane.name)));
  who.addEventListener("change", () => {
    VIEW_FILTER.lane = Number(who.value);
    if (VIEW_FILTER.lane >= 0) choose(VIEW_FILTER.lane);
    filter();
  });
  const sure = $("#confidence"), lasting = $("#duration");
  sure.addEventListener("input", () => {
    VIEW_FILTER.confidence = Number(sure.value) / 100;
    $("#confidence-is").textContent = `${sure.value} %`;
    filter();
  });
  lasting.addEventListener("input", () => { VIEW_FILTER.duration = Math.max(0, Number(lasting.value) || 0); filter(); });
  $("#reset").addEventListener("click", () => {
    VIEW_FILTER = new ViewFilter();
    [who.value, sure.value, lasting.value] = ["-1", "0", "0"];
    $("#confidence-is").textContent = "0 %";
    pressed();
    filter();
  });

  // --- keys

  const help = $("#help");
  $("#keys").addEventListener("click", () => help.showModal());
  function neighbour(direction) {
    const own = DATA.byLane[chosen] ?? [];
    const passing = own.filter((n) => VIEW_FILTER.passes(n));
    const found = direction > 0 ? passing.find((n) => segments.start[n] > PLAYER.time + 0.01) : passing.findLast((n) => segments.start[n] < PLAYER.time - 0.05);
    if (found !== undefined) goTo(found);
  }
  const keys = {
    " ": () => PLAYER.toggle(),
    ArrowLeft: (event) => PLAYER.seek(PLAYER.time - (event.shiftKey ? 10 : 1)),
    ArrowRight: (event) => PLAYER.seek(PLAYER.time + (event.shiftKey ? 10 : 1)),
    ",": () => PLAYER.seek(PLAYER.time - DATA.frame), ".": () => PLAYER.seek(PLAYER.time + DATA.frame),
    n: () => neighbour(1), p: () => neighbour(-1),
    "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => show(0, view.duration),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const busy = event.target.closest("input, select, video, dialog") || (event.key === " " && event.target.closest("button, a"));
    if (busy || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key](event);
  });

  // --- on the clock, and on paper

  PLAYER = new Player((seconds) => {
    if (PLAYER && !inView(seconds)) show(seconds, seconds + view.max - view.min);
    if (PLAYER) { place(); tellNow(); }
  });
  onPaper((printing) => {
    if (printing) lanes.forEach((lane) => { if (!lane.made) make(lane); });
    remake();
    lanes.forEach((lane) => { if (lane.made) drawLane(lane); });
    curves.draw();
    table.draw(printing);
  });
  let width = 0;
  new ResizeObserver(() => requestAnimationFrame(() => {
    if (Math.abs(track.clientWidth - width) < 1) return;
    width = track.clientWidth;
    remake();
  })).observe(track);

  if (lanes.length) await choose(chosen);
  filter();
  tellNow();
  requestAnimationFrame(() => { document.documentElement.dataset.ready = String(Math.round(performance.now())); });
}
