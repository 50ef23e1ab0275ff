// The video, if there is one: where it is, what to say when it cannot be played, and its clock.

class Player {
  constructor(onTime) {
    Object.assign(this, { video: $("video"), lost: $("#lost"), time: 0, onTime });
    if (!this.video) return;
    this.video.addEventListener("error", () => this.#say(), true);
    $("source", this.video)?.addEventListener("error", () => this.#say());
    this.video.addEventListener("loadedmetadata", () => {
      if (!this.video.videoWidth) { // only its sound: as good as nothing here
        $("#why").textContent = "This browser cannot show the pictures of this video, only play its sound.";
        this.#say();
        return;
      }
      this.lost.hidden = true;
      this.video.hidden = false;
      if (this.time) this.video.currentTime = this.time;
    });
    for (const name of ["seeked", "timeupdate", "play"]) this.video.addEventListener(name, () => this.#tick());
    $("#pick").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file) this.video.src = URL.createObjectURL(file);
    });
    if (!this.video.currentSrc && !$("source", this.video)) this.#say();
    else if (this.video.error || this.video.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) this.#say();
  }

  get playable() { return Boolean(this.video) && !this.video.hidden; }

  #say() {
    this.video.hidden = true;
    this.lost.hidden = false;
  }

  #tick() {
    if (!this.playable) return;
    this.time = this.video.currentTime;
    this.onTime(this.time);
    if (!this.video.paused && !this.waiting) {
      this.waiting = true;
      requestAnimationFrame(() => { this.waiting = false; this.#tick(); });
    }
  }

  seek(seconds) {
    this.time = Math.min(Math.max(0, seconds), DATA.duration);
    // A hair past the frame's own time, or rounding shows the frame before.
    if (this.playable) this.video.currentTime = Math.min(this.time + 0.001, this.video.duration || Infinity);
    this.onTime(this.time);
  }

  toggle() {
    if (!this.playable) return;
    if (this.video.paused) this.video.play().catch(() => this.#say());
    else this.video.pause();
  }
}
