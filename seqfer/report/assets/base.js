// What both pages share: elements, words for times and shares, unpacking, colours of the theme.

const $ = (selector, root = document) => root.querySelector(selector);

// Text goes in as text: nothing that a file or a person is called is ever read as markup.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "style") Object.assign(made.style, value);
    else if (name in made && !name.startsWith("aria")) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// 3.25 -> "0:03.25", 3725.5 -> "1:02:05.50"
function clock(seconds, digits = 2) {
  const scale = 10 ** digits;
  const total = Math.round(seconds * scale) / scale;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = (total % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function span(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.round((seconds % 3600) / 60)).padStart(2, "0")} min`;
}

const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;
const count = (number) => number.toLocaleString("en");

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

const inflateJson = async (base64) => JSON.parse(new TextDecoder().decode(await inflate(base64)));

// A colour of the style sheet, as canvases need it.
const themed = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Black or white, whichever is easier to read on a colour.
function inkOn(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#101214" : "#ffffff";
}

const swatch = (colour) => element("span", { className: "swatch", style: { background: colour }, "aria-hidden": "true" });

// Colours and widths that the markup names: a style attribute in it would be against the page's policy.
function paint() {
  document.querySelectorAll("[data-colour]").forEach((part) => { part.style.background = part.dataset.colour; });
  document.querySelectorAll("[data-share]").forEach((part) => { part.style.width = `${100 * part.dataset.share}%`; });
}

const redraws = []; // called when colours or widths change

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  redraws.forEach((redraw) => redraw());
}

function followTheme() {
  paint();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const preferred = () => chosen ?? (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = preferred();
  dark.addEventListener("change", () => setTheme(preferred()));
  $("#theme").addEventListener("click", () => {
    chosen = preferred() === "dark" ? "light" : "dark";
    setTheme(chosen);
  });
  onPaper((printing) => setTheme(printing ? "light" : preferred()));
  $("#print").addEventListener("click", () => print());
}

// What is to happen around printing, in order: the page takes the width of paper first.
function onPaper(change) {
  for (const [name, printing] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(name, () => {
      document.documentElement.classList.toggle("paper", printing);
      change(printing);
    });
  }
}
