// The index of a run: every video, what was found, what went wrong.

async function startIndex() {
  followTheme();
  const data = await inflateJson($("#data").textContent);
  const { videos, emotions, colours } = data;
  const shown = (video) => video.seconds.reduce((sum, seconds) => sum + seconds, 0);

  const columns = [
    {
      label: "Video", className: "name", value: (row) => videos[row].id,
      fill: (cell, row) => {
        const { id, href } = videos[row];
        cell.append(href ? element("a", { href, tabIndex: -1 }, id) : element("span", {}, id));
        cell.title = id;
      },
    },
    {
      label: "Status", className: "status", value: (row) => videos[row].status,
      fill: (cell, row) => cell.append(element("span", { className: `badge ${videos[row].status}` }, videos[row].status)),
    },
    { label: "Duration", numeric: true, className: "number", value: (row) => videos[row].duration,
      fill: (cell, row) => cell.append(videos[row].duration === null ? "–" : clock(videos[row].duration, 1)) },
    { label: "Faces", numeric: true, className: "number narrow", value: (row) => videos[row].faces,
      fill: (cell, row) => cell.append(videos[row].faces === null ? "–" : count(videos[row].faces)) },
    { label: "Segments", numeric: true, className: "number narrow", value: (row) => videos[row].segments,
      fill: (cell, row) => cell.append(videos[row].segments === null ? "–" : count(videos[row].segments)) },
    {
      label: "Emotions", numeric: true, className: "bar-cell",
      value: (row) => (videos[row].segments === null ? null : sortEmotion < 0 ? shown(videos[row]) : videos[row].seconds[sortEmotion] ?? 0),
      fill: (cell, row) => cell.append(bar(videos[row])),
    },
    {
      label: "Remarks", className: "remark", value: (row) => videos[row].remark || null,
      fill: (cell, row) => { cell.textContent = videos[row].remark; cell.title = videos[row].remark; },
    },
  ];
  let sortEmotion = -1;

  function bar(video) {
    const total = shown(video);
    const words = emotions.map((name, n) => [name, video.seconds[n]]).filter(([, seconds]) => seconds > 0)
      .map(([name, seconds]) => `${name} ${span(seconds)} (${percent(seconds / total)})`).join(", ");
    const made = element("div", { className: "bar", role: "img", "aria-label": words || "nothing found", title: words });
    video.seconds.forEach((seconds, n) => {
      if (seconds > 0) made.append(element("span", { style: { width: percent(seconds / total, 3).replace(" ", ""), background: colours[n] } }));
    });
    return made;
  }

  const table = new Table($("#videos"), columns, {
    label: "Videos of this run",
    onOpen: (row, how) => { if (how === "key" && videos[row].href) location.href = videos[row].href; },
  });

  const search = $("#search");
  let status = "";
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [];
    videos.forEach((video, row) => {
      const text = `${video.id} ${video.remark} ${video.status}`.toLowerCase();
      if ((!status || video.status === status) && words.every((word) => text.includes(word))) rows.push(row);
    });
    table.show(rows);
    $("#found").textContent = rows.length === videos.length ? `${count(rows.length)} videos` : `${count(rows.length)} of ${count(videos.length)} videos`;
    $("#none").hidden = rows.length > 0;
  }
  search.addEventListener("input", filter);
  document.querySelectorAll("[data-status]").forEach((button) => button.addEventListener("click", () => {
    status = button.dataset.status;
    document.querySelectorAll("[data-status]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    filter();
  }));
  document.querySelectorAll("#legend [data-emotion]").forEach((chip) => chip.addEventListener("click", () => {
    sortEmotion = chip.getAttribute("aria-pressed") === "true" ? -1 : Number(chip.dataset.emotion);
    document.querySelectorAll("#legend [data-emotion]").forEach((other) => other.setAttribute("aria-pressed", String(Number(other.dataset.emotion) === sortEmotion)));
    table.sort(columns[5], true);
  }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  onPaper((printing) => table.draw(printing));
  filter();
  requestAnimationFrame(() => { document.documentElement.dataset.ready = String(Math.round(performance.now())); });
}
