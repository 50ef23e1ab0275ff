// Probabilities and intensity of the chosen face, frame by frame. uPlot draws them.

const PLOT_HEIGHT = 150, INTENSITY_HEIGHT = 84, AXIS = 46;
const INCREMENTS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const GAP_STEPS = 3; // frames missing in a row before a line is broken

// One track's bytes (seqfer/report/packing.py): int32 T, K, int32 (T) second differences of ticks, uint8 (K+1, T) differences.
async function unpackCurves(base64) {
  const buffer = await inflate(base64);
  const [count_, kinds] = new Int32Array(buffer, 0, 2);
  const second = new Int32Array(buffer, 8, count_);
  const times = new Float64Array(count_);
  let step = 0, tick = 0;
  for (let i = 0; i < count_; i++) times[i] = (tick += step += second[i]) / 10000;
  const levels = [];
  for (let kind = 0; kind <= kinds; kind++) {
    const values = new Uint8Array(buffer, 8 + 4 * count_ + kind * count_, count_);
    for (let i = 1; i < count_; i++) values[i] += values[i - 1];
    levels.push(values);
  }
  return { times, levels };
}

// The tracks of a lane in order of time (those of one person may overlap, where a grouping errs).
function joined(tracks) {
  tracks = tracks.filter((track) => track.times.length).sort((a, b) => a.times[0] - b.times[0]);
  if (tracks.length === 1) return tracks[0];
  const rows = tracks.flatMap((track) => Array.from(track.times, (time, row) => [time, track, row]));
  rows.sort((a, b) => a[0] - b[0]);
  const levels = (tracks[0]?.levels ?? []).map((_, kind) => Uint8Array.from(rows, ([, track, row]) => track.levels[kind][row]));
  return { times: Float64Array.from(rows, ([time]) => time), levels };
}

// What to draw of [min, max]: every frame where there is room, else the lowest and the highest of each pixel.
function thinned({ times, levels }, min, max, pixels, gap) {
  const first = Math.max(0, lowerBound(times, min) - 1), stop = Math.min(times.length, lowerBound(times, max) + 1);
  const xs = [], ys = levels.map(() => []);
  const push = (time, pick) => { xs.push(time); ys.forEach((values, kind) => values.push(pick(kind))); };
  let last = -Infinity;
  const broken = (time) => { if (xs.length && time - last > gap) push((last + time) / 2, () => null); };
  if (stop - first <= 2 * pixels) {
    for (let i = first; i < stop; i++) {
      broken(times[i]);
      push(times[i], (kind) => levels[kind][i]);
      last = times[i];
    }
    return [xs, ...ys];
  }
  const width = (max - min) / pixels;
  for (let i = first; i < stop;) {
    const column = Math.floor((times[i] - min) / width);
    let j = i + 1;
    while (j < stop && Math.floor((times[j] - min) / width) === column && times[j] - times[j - 1] <= gap) j++;
    broken(times[i]);
    const low = [], high = [];
    levels.forEach((values, kind) => {
      let [least, most] = [255, 0];
      for (let k = i; k < j; k++) {
        if (values[k] < least) least = values[k];
        if (values[k] > most) most = values[k];
      }
      low[kind] = least;
      high[kind] = most;
    });
    push(times[i], (kind) => low[kind]);
    push((times[i] + times[j - 1]) / 2, (kind) => high[kind]);
    last = times[j - 1];
    i = j;
  }
  return [xs, ...ys];
}

class CurveCharts {
  constructor(probabilities, intensity, view) {
    Object.assign(this, { hosts: { probabilities, intensity }, view, charts: [], curves: null, cache: new Map() });
  }

  async choose(number) {
    this.number = number;
    if (!this.cache.has(number)) {
      const scripts = DATA.lanes[number].tracks.map((id) => $(`script[data-track="${id}"]`)).filter(Boolean);
      this.cache.set(number, Promise.all(scripts.map((script) => unpackCurves(script.textContent))).then(joined));
    }
    const curves = await this.cache.get(number);
    if (this.number !== number) return;
    this.curves = curves.times.length ? curves : null;
    const steps = Float64Array.from(curves.times.slice(1, 2000), (time, i) => time - curves.times[i]).sort();
    this.gap = Math.max(0.15, GAP_STEPS * (steps[steps.length >> 1] ?? 0));
  }

  // Without the axis, which stands in the margin beside the plot: the plot lies exactly under the lanes.
  get width() { return Math.max(50, this.hosts.probabilities.parentElement.clientWidth); }

  data() {
    if (!this.curves) return null;
    return thinned(this.curves, this.view.min, this.view.max, Math.ceil(this.width), this.gap);
  }

  draw() {
    if (!this.charts.length) return;
    const data = this.data() ?? [[this.view.min, this.view.max], ...Array(DATA.modelled + 1).fill([null, null])];
    const [probabilities, intensity] = this.charts;
    probabilities.setData(data.slice(0, -1), false);
    intensity.setData([data[0], data.at(-1)], false);
    for (const chart of this.charts) chart.setScale("x", { min: this.view.min, max: this.view.max });
    for (let n = 0; n < DATA.modelled; n++) probabilities.setSeries(n + 1, { show: VIEW_FILTER.emotions[n] });
  }

  make(options) {
    this.charts.forEach((chart) => chart.destroy());
    const { view } = this;
    const [ink, line] = [themed("--soft"), themed("--line")];
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const x = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 24, space: 90, incrs: INCREMENTS,
      values: (_, ticks) => {
        const length = view.max - view.min, digits = length < 8 ? 2 : length < 30 ? 1 : 0;
        const edge = matchMedia("screen and (max-width: 860px)").matches ? 0.03 * length : 0; // none cut in half
        return ticks.map((tick) => (tick > view.max - 0.03 * length || tick < view.min + edge ? null : clock(tick, digits)));
      } };
    const y = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: AXIS, gap: 8,
      splits: () => [0, 127.5, 255], values: () => ["0 %", "50 %", "100 %"] };
    const common = {
      width: this.width + AXIS, legend: { show: false }, padding: [7, 0, 0, 0], ...options,
      scales: { x: { time: false, range: () => [view.min, view.max] }, y: { range: [0, 255] } },
    };
    const empty = (lines) => [[0, 1], ...Array(lines).fill([null, null])];
    const plain = { points: { show: false }, spanGaps: false };
    this.charts = [
      new uPlot({ ...common, height: PLOT_HEIGHT, axes: [{ ...x, size: 10, values: () => [] }, y],
        series: [{}, ...DATA.colours.slice(0, DATA.modelled).map((stroke, n) => ({ ...plain, label: DATA.emotions[n], stroke, width: 1.6 }))] },
      empty(DATA.modelled), this.hosts.probabilities),
      new uPlot({ ...common, height: INTENSITY_HEIGHT, axes: [x, { ...y, splits: () => [0, 255], values: () => ["0 %", "100 %"] }],
        series: [{}, { ...plain, stroke: ink, fill: themed("--fill"), width: 1.4 }] },
      empty(1), this.hosts.intensity),
    ];
    this.draw();
  }

  // Probabilities, then intensity, at a moment, 0 to 1; null where the face is not seen.
  at(seconds) {
    if (!this.curves) return null;
    const { times, levels } = this.curves;
    let i = Math.min(lowerBound(times, seconds), times.length - 1);
    if (i > 0 && seconds - times[i - 1] < times[i] - seconds) i--;
    return Math.abs(times[i] - seconds) > this.gap ? null : levels.map((values) => values[i] / 255);
  }
}
