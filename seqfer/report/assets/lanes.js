// Lanes: what each face showed, when. uPlot draws them, as steps between 0 and 1.

const NOT_SEEN = 0, NOT_JUDGED = 1, FIRST_EMOTION = 2;
const LANE_HEIGHT = 34;

// Stripes, by which grey areas are told apart without colour.
function pattern(kind) {
  const size = 8 * devicePixelRatio;
  const canvas = element("canvas", { width: size, height: size });
  const pen = canvas.getContext("2d");
  pen.strokeStyle = themed(kind === "unseen" ? "--stripe" : "--doubt");
  pen.lineWidth = (kind === "unseen" ? 1 : 1.6) * devicePixelRatio;
  for (const slope of kind === "unseen" ? [1] : [1, -1]) {
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, slope > 0 ? size : 0);
      pen.lineTo(shift + size, slope > 0 ? 0 : size);
    }
  }
  pen.stroke();
  return pen.createPattern(canvas, "repeat");
}

// The state of a lane as a function of time that is constant in between: where it changes, and to what.
function steps(lane, segments, duration) {
  const changes = new Map([[0, null], [duration, null]]);
  for (const [start, end] of [...lane.seen, ...lane.untrusted]) { changes.set(start, null); changes.set(end, null); }
  for (const n of segments) { changes.set(DATA.segments.start[n], null); changes.set(DATA.segments.end[n], null); }
  const times = Float64Array.from(changes.keys()).sort();
  const state = new Uint8Array(times.length), doubted = new Uint8Array(times.length), which = new Int32Array(times.length).fill(-1);
  const paint = (start, end, set) => {
    for (let i = lowerBound(times, start); i < times.length && times[i] < end; i++) set(i);
  };
  for (const [start, end] of lane.seen) paint(start, end, (i) => { state[i] = NOT_JUDGED; });
  for (const [start, end] of lane.untrusted) paint(start, end, (i) => { doubted[i] = 1; });
  for (const n of segments) {
    paint(DATA.segments.start[n], DATA.segments.end[n], (i) => { state[i] = FIRST_EMOTION + DATA.segments.emotion[n]; which[i] = n; });
  }
  return { times, state, doubted, which };
}

// First index whose value is at least (or, for "after", beyond) the wanted one.
function lowerBound(values, wanted, after = false) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted || (after && values[middle] === wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}

class LaneChart {
  constructor(host, number, view) {
    Object.assign(this, { host, number, view, chart: null, lane: DATA.lanes[number] });
    this.segments = DATA.byLane[number];
    this.steps = steps(this.lane, this.segments, view.duration);
  }

  get width() { return Math.max(50, this.host.clientWidth); }

  // What uPlot is given: all changes in view, or one a pixel (what most of the pixel shows) where there are more.
  data() {
    const { times, state, doubted, which } = this.steps;
    const { min, max } = this.view;
    const first = Math.max(0, lowerBound(times, min, true) - 1), stop = Math.min(times.length, lowerBound(times, max, true) + 1);
    const pixels = Math.ceil(this.width * devicePixelRatio);
    const kinds = DATA.emotions.length + FIRST_EMOTION;
    let xs, states, doubts, whiches;
    if (stop - first <= 2 * pixels) {
      [xs, states, doubts, whiches] = [times, state, doubted, which].map((values) => values.slice(first, stop));
    } else {
      const step = (max - min) / pixels;
      xs = Float64Array.from({ length: pixels + 1 }, (_, n) => min + n * step);
      states = new Uint8Array(pixels + 1); doubts = new Uint8Array(pixels + 1); whiches = new Int32Array(pixels + 1).fill(-1);
      const share = new Float64Array(kinds);
      let i = first;
      for (let n = 0; n < pixels; n++) {
        share.fill(0);
        let doubt = 0, segment = -1;
        while (i + 1 < times.length && times[i + 1] <= xs[n]) i++;
        for (let j = i; j < times.length && times[j] < xs[n + 1]; j++) {
          const length = Math.min(xs[n + 1], times[j + 1] ?? Infinity) - Math.max(xs[n], times[j]);
          share[state[j]] += length;
          doubt += doubted[j] * length;
          if (which[j] >= 0 && VIEW_FILTER.passes(which[j])) segment = which[j];
        }
        states[n] = share.indexOf(Math.max(...share));
        doubts[n] = doubt > step / 2;
        whiches[n] = segment;
      }
    }
    const series = [xs];
    for (let kind = 0; kind < kinds; kind++) {
      // A segment that is filtered out stays as a low strip: the filter hides nothing that was there.
      series.push(Float32Array.from(states, (is, n) => (is !== kind ? 0 : kind < FIRST_EMOTION || VIEW_FILTER.passes(whiches[n]) ? 1 : 0.16)));
    }
    series.push(Float32Array.from(doubts));
    return series;
  }

  draw() {
    if (!this.chart) return;
    this.chart.setData(this.data(), false);
    this.chart.setScale("x", { min: this.view.min, max: this.view.max });
  }

  make(options) {
    this.chart?.destroy();
    const { view } = this;
    const fills = [pattern("unseen"), themed("--unjudged"), ...DATA.colours, pattern("doubt")];
    this.chart = new uPlot({
      width: this.width, height: LANE_HEIGHT, padding: [0, 0, 0, 0], ...options,
      axes: [{ show: false }, { show: false }], legend: { show: false },
      scales: { x: { time: false, range: () => [view.min, view.max] }, y: { range: [0, 1] } },
      series: [{}, ...fills.map((fill) => ({ fill: () => fill, width: 0, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }))],
      hooks: { draw: [(chart) => this.#names(chart)] },
    }, this.data(), this.host);
  }

  // The name of the emotion on every segment that has room for it.
  #names(chart) {
    const pen = chart.ctx;
    pen.save();
    pen.font = `500 ${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
    pen.textBaseline = "middle";
    const { left, top, width, height } = chart.bbox;
    let drawn = 0;
    for (const n of this.segments) {
      const { start, end, emotion } = DATA.segments;
      if (end[n] < this.view.min || start[n] > this.view.max || !VIEW_FILTER.passes(n)) continue;
      const from = Math.max(left, chart.valToPos(start[n], "x", true)), to = Math.min(left + width, chart.valToPos(end[n], "x", true));
      const room = to - from - 14 * devicePixelRatio;
      if (room < 20 * devicePixelRatio) continue;
      const name = DATA.emotions[emotion[n]];
      if (pen.measureText(name).width > room) continue;
      pen.fillStyle = inkOn(DATA.colours[emotion[n]]);
      pen.fillText(name, from + 7 * devicePixelRatio, top + height / 2);
      if (++drawn > 400) break;
    }
    pen.restore();
  }

  // The segment, and the stretch that is not trusted, at a moment.
  at(seconds) {
    const at = lowerBound(this.steps.times, seconds, true) - 1;
    const stretch = this.lane.untrusted.find(([start, end]) => start <= seconds && seconds < end);
    return { segment: at < 0 ? -1 : this.steps.which[at], state: at < 0 ? NOT_SEEN : this.steps.state[at], doubts: stretch?.[2] ?? "" };
  }
}

// Faces under a lane: the longest segments in view first, as many as find room.
class FaceStrip {
  constructor(host, chart, view) {
    Object.assign(this, { host, chart, view, pictures: new Map() });
  }

  draw() {
    const { start, end, thumb, emotion } = DATA.segments;
    const { min, max } = this.view;
    const width = this.chart.width, size = 44;
    const inView = this.chart.segments.filter((n) => thumb[n] >= 0 && end[n] > min && start[n] < max && VIEW_FILTER.passes(n));
    const shownFor = (n) => Math.round(100 * (Math.min(end[n], max) - Math.max(start[n], min)));
    inView.sort((a, b) => shownFor(b) - shownFor(a) || a - b);
    const taken = [];
    const shown = [];
    for (const n of inView) {
      const middle = ((Math.max(start[n], min) + Math.min(end[n], max)) / 2 - min) / (max - min) * width;
      const left = Math.min(Math.max(0, middle - size / 2), width - size);
      if (taken.some((other) => Math.abs(other - left) < size + 2)) continue;
      taken.push(left);
      shown.push([n, left]);
      if (taken.length > width / size) break;
    }
    shown.sort((a, b) => a[1] - b[1]);
    this.host.replaceChildren(...shown.map(([n, left]) => {
      if (!this.pictures.has(n)) {
        const picture = faceOf(n);
        picture.style.borderColor = DATA.colours[emotion[n]];
        picture.addEventListener("click", () => PLAYER.seek(start[n]));
        this.pictures.set(n, picture);
      }
      const picture = this.pictures.get(n);
      picture.style.left = `${left}px`;
      return picture;
    }));
    this.host.hidden = !this.chart.segments.some((n) => thumb[n] >= 0);
  }
}

function faceOf(n) {
  const at = DATA.segments.thumb[n];
  if (at < 0) return null;
  const words = `${DATA.lanes[DATA.segments.lane[n]].name}, ${DATA.emotions[DATA.segments.emotion[n]]}, ${clock(DATA.segments.start[n])}`;
  return element("img", { className: "face", src: `data:image/webp;base64,${DATA.pictures[at]}`, alt: words, decoding: "async", draggable: false });
}
