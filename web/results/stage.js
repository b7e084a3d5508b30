/** Where one picture or video is shown large, or why it is not. */
import { api } from "../../../scripts/api.js"
import { say } from "../api.js"
import { make } from "../controls.js"
import { pictureUrl } from "./source.js"
import { unfetched } from "./text.js"

export class Stage {
  #video = false // what is to be shown; what arrives late for the other is ignored

  constructor() {
    this.picture = make("img", { className: "volcv-r-picture", draggable: false, hidden: true })
    const how = { controls: true, playsInline: true, preload: "metadata", hidden: true }
    this.video = make("video", { className: "volcv-r-picture volcv-r-video", ...how })
    this.missing = make("p", { className: "volcv-r-missing", role: "status", hidden: true })
    this.elements = [this.picture, this.video, this.missing]
    this.picture.addEventListener("load", () => this.#arrived(false, true))
    this.picture.addEventListener("error", () => this.#arrived(false, false))
    this.video.addEventListener("loadedmetadata", () => this.#arrived(true, true))
    this.video.addEventListener("error", () => this.#arrived(true, false))
  }

  /** Show one file of a result. `text` says what is in it. */
  show(row, position, text) {
    const url = pictureUrl(api, row, position, false)
    this.missing.hidden = row.pictures > 0
    this.#video = row.kind === "video"
    if (!row.pictures) {
      this.missing.textContent = unfetched(row)
      return this.clear()
    }
    this.#empty(this.#video ? this.picture : this.video)
    if (this.#video) {
      this.video.setAttribute("aria-label", text)
      this.video.src = url
    } else {
      this.picture.alt = text
      this.picture.src = url
    }
  }

  /** Nothing is shown, and nothing plays on unseen. */
  clear() {
    this.#empty(this.picture)
    this.#empty(this.video)
  }

  #empty(element) {
    element.hidden = true
    if (!element.hasAttribute("src")) return
    element.removeAttribute("src")
    if (element === this.video) element.load() // stops it
  }

  #arrived(video, whole) {
    const element = video ? this.video : this.picture
    if (video !== this.#video || !element.hasAttribute("src")) return
    // A file of sound, or a coding that the browser has no decoder for, has no picture.
    const shown = whole && (!video || element.videoWidth > 0)
    element.hidden = !shown
    this.missing.textContent = shown ? "" : say(video ? "results_no_video" : "results_no_picture")
    this.missing.hidden = shown
  }
}
